import type { Caller, Role } from '../context.ts'
import { HefuError } from '../errors.ts'

const titles: Record<Role, { zh: string; en: string }> = {
  officer: { zh: '经办人员', en: 'officer' },
  operator: { zh: '运维人员', en: 'operator' },
  security: { zh: '安全管理员', en: 'security administrator' },
  auditor: { zh: '审计人员', en: 'auditor' },
}

/** Throws `role-not-allowed` unless the caller has one of `roles`; the text names the rule that refused. */
export function requireRole(caller: Pick<Caller, 'role'>, roles: readonly Role[]): void {
  if (roles.includes(caller.role)) return
  const list = (language: 'zh' | 'en', separator: string) => roles.map((role) => `${titles[role][language]} (${role})`).join(separator)
  throw new HefuError('role-not-allowed', {
    detail: {
      zh: `规则：此操作仅限${list('zh', '、')}；当前令牌的角色是${titles[caller.role].zh} (${caller.role})。请使用具备该角色的客户端令牌。`,
      en: `Rule: this operation is for ${list('en', ', ')} only; this token's role is ${caller.role}. Use the token of a client with that role.`,
    },
  })
}
