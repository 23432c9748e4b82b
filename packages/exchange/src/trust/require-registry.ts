import { registryTerm } from '@hefu/protocol'
import type { Context } from '../context.ts'
import { HefuError } from '../errors.ts'

type TermContext = Pick<Context, 'federation' | 'now'>

/** After its `exp` open cases go on for a grace, and no new ones begin (protocol.md section 3). Throws HefuError `registry-expired`. */
export function requireRegistry(ctx: TermContext, work: { readonly opensCase: boolean }): void {
  if (!mayWorkUnder(ctx, work)) throw new HefuError('registry-expired')
}

export function mayWorkUnder({ federation, now }: TermContext, { opensCase }: { readonly opensCase: boolean }): boolean {
  if (federation.exp === undefined) return true
  const term = registryTerm(federation.exp, Math.floor(now() / 1000))
  return opensCase ? term === 'current' || term === 'expiring' : term !== 'lapsed'
}
