import { type Agreement, agreementByName, isInForce } from '@hefu/protocol'
import { dateOfDay, dayNumber, parseCaseNumber, parseDateText, shanghaiDate } from '@hefu/reference'
import { readCaseRow } from '../cases/case-store.ts'
import type { Caller, Context } from '../context.ts'
import type { CaseRow } from '../db/schema.ts'
import { HefuError } from '../errors.ts'
import { parseStaffNumber } from './staff-number.ts'

/** Why somebody reads personal data, and for which case or affair. */
export interface StatedPurpose {
  readonly purpose: string
  readonly affair: string
}

/** As the caller sent it; `ofCase` is the case that is read. */
export interface SentPurpose {
  readonly purpose: string | undefined
  readonly affair: string | undefined
  readonly ofCase: string | undefined
}

type PurposeContext = Pick<Context, 'db' | 'federation' | 'region' | 'now'>

/** After the last day of an agreement, how long the content of its final cases is still shown: what was sent on that day may take as long to arrive. */
export const AGREEMENT_GRACE_DAYS = 30

/**
 * The purpose and affair for which personal data may be shown; null: none was stated, so it is masked. One that was stated and is not agreed is
 * refused: whoever states a purpose should learn that it is wrong. Throws HefuError.
 */
export async function statePurpose(ctx: PurposeContext, caller: Caller, sent: SentPurpose): Promise<StatedPurpose | null> {
  const affair = sent.affair ?? sent.ofCase
  if (sent.purpose === undefined || affair === undefined) return null
  const number = sent.ofCase ?? affair
  if (parseCaseNumber(number).ok) {
    requireReadable(ctx, await ownCase(ctx, caller, number), sent.purpose)
    // Another case may be the reason; one that was made up must not stand in the log as one.
    if (affair !== number && parseCaseNumber(affair).ok) await ownCase(ctx, caller, affair)
  } else if (!isAgreedSomewhere(ctx, sent.purpose)) throw new HefuError('purpose-not-agreed')
  if (!parseCaseNumber(affair).ok && !parseStaffNumber(affair).ok) throw new HefuError('affair-invalid')
  return { purpose: sent.purpose, affair }
}

async function ownCase({ db }: Pick<Context, 'db'>, { agency }: Caller, caseNumber: string): Promise<CaseRow> {
  const row = await readCaseRow(db, caseNumber)
  if (row === undefined || row.agency !== agency) throw new HefuError('affair-unknown')
  return row
}

function requireReadable(ctx: Pick<Context, 'federation' | 'now'>, row: Pick<CaseRow, 'agreement' | 'final'>, purpose: string): void {
  const agreement = agreementByName(ctx.federation, row.agreement)
  if (agreement === undefined) throw new HefuError('agreement-missing')
  if (!agreement.purposes.includes(purpose)) throw new HefuError('purpose-not-agreed')
  if (row.final && isOver(agreement, shanghaiDate(ctx.now()))) throw new HefuError('agreement-ended')
}

function isOver({ validTo }: Agreement, today: string): boolean {
  const last = parseDateText(validTo)
  return last.ok && today > dateOfDay(dayNumber(last.value) + AGREEMENT_GRACE_DAYS)
}

/** Of what belongs to no case: an agreement of this region, in force today, must have the purpose. */
function isAgreedSomewhere({ federation, region, now }: Pick<Context, 'federation' | 'region' | 'now'>, purpose: string): boolean {
  const today = shanghaiDate(now())
  return federation.agreements.some(
    (agreement) => agreement.regions.includes(region) && agreement.purposes.includes(purpose) && isInForce(agreement, today),
  )
}
