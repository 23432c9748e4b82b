import type { Caller, Context } from '../context.ts'
import type { CaseRow } from '../db/schema.ts'
import { HefuError } from '../errors.ts'
import { holdsScope } from './scopes.ts'

/** Throws `scope-not-allowed` unless the caller's token carries the scope and its client still has it; the text names the scope. */
export function requireScope(ctx: Pick<Context, 'procedures'>, caller: Caller, scope: string): void {
  if (!holdsScope(ctx.procedures, caller, scope)) throw scopeMissing(scope)
}

/** What one case asks of whoever sees it: its procedure's scope, and while few may see it, the scope of those few. */
export function requireCaseScope({ scopes }: Caller, row: Pick<CaseRow, 'procedure' | 'restricted'>, action: 'read' | 'write'): void {
  const needed = [`${row.procedure}:${action}`, ...(row.restricted === null ? [] : [`${row.procedure}:${row.restricted}`])]
  const missing = needed.find((scope) => !scopes.has(scope))
  if (missing !== undefined) throw scopeMissing(missing)
}

function scopeMissing(scope: string): HefuError {
  return new HefuError('scope-not-allowed', {
    detail: {
      zh: `规则：此操作需要权限范围 ${scope}；当前令牌没有。请在申请令牌时写明该范围，或请安全管理员授予客户端。`,
      en: `Rule: this needs the scope ${scope}, which this token does not have. Ask for it with the token, or ask a security administrator to give it to the client.`,
    },
  })
}
