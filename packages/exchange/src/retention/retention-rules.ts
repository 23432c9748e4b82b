import type { Procedure } from '@hefu/procedures'
import { agreementByName } from '@hefu/protocol'
import { procedureOf } from '../cases/loaded-case.ts'
import type { Context } from '../context.ts'

/** How long blocked content waits for somebody to object before it is erased. */
export const BLOCKED_DAYS = 30

/** Where neither agreement nor procedure says how long. */
const DEFAULT_DAYS = 3_650

/**
 * How many days after its last change the content of a final case is kept: what its agreement says, else its procedure.
 */
export function retentionDaysOf(
  ctx: Pick<Context, 'federation' | 'procedures'>,
  row: { readonly procedure: string; readonly version: number; readonly agreement: string },
): number {
  return agreementByName(ctx.federation, row.agreement)?.retentionDays ?? daysOf(procedureOf(ctx, row.procedure, row.version))
}

/** The shortest of all: no case has to be looked at before. */
export function shortestRetentionDays({ federation, procedures }: Pick<Context, 'federation' | 'procedures'>): number {
  const agreed = federation.agreements.flatMap(({ retentionDays }) => retentionDays ?? [])
  return Math.min(...agreed, ...procedures.map(daysOf))
}

function daysOf({ retentionDays }: Procedure): number {
  return retentionDays ?? DEFAULT_DAYS
}
