import type { Caller, Role } from '../context.ts'
import { HefuError } from '../errors.ts'

const titles: Record<Role, string> = { officer: '经办人员', operator: '运维人员', security: '安全管理员', auditor: '审计人员' }

/** With the role's own name, which tokens and documentation use. */
const inChinese = (role: Role) => `${titles[role]} (${role})`

/** Throws `role-not-allowed` unless the caller has one of `roles`; the text names the rule that refused. */
export function requireRole(caller: Pick<Caller, 'role'>, roles: readonly Role[]): void {
  if (roles.includes(caller.role)) return
  throw new HefuError('role-not-allowed', {
    detail: {
      zh: `规则：此操作仅限${roles.map(inChinese).join('、')}；当前令牌的角色是${inChinese(caller.role)}。请使用具备该角色的客户端令牌。`,
      en: `Rule: this operation is for ${roles.join(', ')} only; this token's role is ${caller.role}. Use the token of a client with that role.`,
    },
  })
}
