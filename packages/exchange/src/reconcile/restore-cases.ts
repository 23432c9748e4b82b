import { agreementName } from '@hefu/protocol'
import { caseNumberParts } from '@hefu/reference'
import type { Context } from '../context.ts'
import { runTogether, type Tx } from '../db/bulk.ts'
import type { CaseRow, ParticipantRow } from '../db/schema.ts'
import { arrivedCaseStatements, arrivedParticipantStatements } from '../inbox/inbox-store.ts'
import type { ProvenItem } from './verify-item.ts'

/** A case whose row was lost too, from whichever of its documents comes back; the starting one has the last word. */
export async function restoreCases(tx: Tx, ctx: Pick<Context, 'region'>, items: readonly ProvenItem[]): Promise<void> {
  const cases = items.flatMap(({ arrival: { verdict } }) =>
    verdict.status === 'accepted' ? [{ starts: verdict.starts, ...caseOf(ctx, verdict) }] : [],
  )
  const [starting, early] = [cases.filter((one) => one.starts), cases.filter((one) => !one.starts)]
  await runTogether(tx, [
    ...arrivedCaseStatements(
      starting.map((one) => one.row),
      early.map((one) => one.row),
    ),
    ...arrivedParticipantStatements(
      starting.flatMap((one) => one.participants),
      early.flatMap((one) => one.participants),
    ),
  ])
}

function caseOf(
  { region }: Pick<Context, 'region'>,
  { claims, procedure, agreement }: Extract<ProvenItem['arrival']['verdict'], { status: 'accepted' }>,
): { row: CaseRow; participants: ParticipantRow[] } {
  const { owner } = caseNumberParts(claims.case)
  const counterparty = procedure.roles.counterparties[0] ?? procedure.roles.owner
  const roleOf = (one: string) => (one === owner ? procedure.roles.owner.role : counterparty.role)
  const issuedAt = new Date(claims.iat * 1000)
  const participants = [
    { case_number: claims.case, region: claims.iss, role: roleOf(claims.iss), agency: claims.from },
    { case_number: claims.case, region: claims.aud, role: roleOf(claims.aud), agency: claims.to },
  ]
  const row: CaseRow = {
    case_number: claims.case,
    procedure: procedure.name,
    version: procedure.version,
    owner,
    role: roleOf(region),
    agency: claims.iss === region ? claims.from : claims.to,
    agreement: agreementName(agreement),
    deadline_rules: agreement.deadlineRules,
    state: 'waiting',
    final: false,
    ball_holder: null,
    due: null,
    effective_until: null,
    etag: '',
    opened_at: issuedAt,
    updated_at: issuedAt,
  }
  return { row, participants }
}
