import type { Procedure } from '@hefu/procedures'
import { type Agreement, agreementName } from '@hefu/protocol'
import { caseNumberParts } from '@hefu/reference'
import type { Context } from '../context.ts'
import type { CaseRow } from '../db/schema.ts'
import { caseOwner } from '../vault/stored-keys.ts'
import type { Vault } from '../vault/vault.ts'
import type { Verdict } from './judge-message.ts'

/** The row of a case as one of its messages describes it, seen from `region`, before anything is replayed. */
export function caseRowOf(
  { region, vault }: Pick<Context, 'region' | 'vault'>,
  { claims, procedure, agreement }: Extract<Verdict, { status: 'accepted' }>,
): CaseRow {
  const { owner } = caseNumberParts(claims.case)
  const counterparty = procedure.roles.counterparties[0] ?? procedure.roles.owner
  const roleOf = (one: string) => (one === owner ? procedure.roles.owner.role : counterparty.role)
  const author = { region: claims.iss, role: roleOf(claims.iss), agency: claims.from }
  const addressee = { region: claims.aud, role: roleOf(claims.aud), agency: claims.to }
  const issuedAt = new Date(claims.iat * 1000)
  return {
    case_number: claims.case,
    procedure: procedure.name,
    version: procedure.version,
    owner,
    role: roleOf(region),
    agency: claims.iss === region ? claims.from : claims.to,
    participants: claims.iss === owner ? [author, addressee] : [addressee, author],
    ...beforeReplay(vault, claims.case, procedure, agreement, issuedAt),
  }
}

/** What is the same in the row of every case of which nothing has been replayed yet; its data key is its own. */
export function beforeReplay(vault: Pick<Vault, 'newKey'>, caseNumber: string, procedure: Procedure, agreement: Agreement, openedAt: Date) {
  return {
    agreement: agreementName(agreement),
    deadline_rules: agreement.deadlineRules,
    state: 'waiting',
    final: false,
    ball_holder: null,
    due: null,
    effective_until: null,
    // Until its documents say that many may see it, few may.
    restricted: procedure.restricted?.scope ?? null,
    etag: '',
    opened_at: openedAt,
    updated_at: openedAt,
    replay_at: null,
    data_key: vault.newKey(caseOwner(caseNumber)),
    blocked_at: null,
    erased_at: null,
  } satisfies Partial<CaseRow>
}
