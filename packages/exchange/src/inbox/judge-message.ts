import type { Procedure } from '@hefu/procedures'
import {
  type Agreement,
  type DeferralReason,
  judgeClaims,
  type KnownClaims,
  type MessageClaims,
  type ParsedClaims,
  type RefusalReason,
} from '@hefu/protocol'
import { caseNumberParts } from '@hefu/reference'
import type { Context } from '../context.ts'
import { mayWorkUnder } from '../trust/require-registry.ts'

/** Of a case, as much as acceptance may know: who takes part in what. Never its state. */
export interface KnownCase {
  readonly procedure: string
  readonly version: number
  readonly owner: string
  readonly participants: readonly string[]
  readonly agreement: string
  /** Its first document is here, applied or not. */
  readonly started: boolean
}

export type Verdict =
  | {
      readonly status: 'accepted'
      readonly claims: MessageClaims
      readonly procedure: Procedure
      readonly agreement: Agreement
      readonly starts: boolean
    }
  | { readonly status: 'refused'; readonly reason: RefusalReason; readonly known: KnownClaims }
  | { readonly status: 'deferred'; readonly reason: DeferralReason }

type Judge = Pick<Context, 'region' | 'federation' | 'procedures' | 'now'>

/**
 * The checks of protocol.md section 1 behind the signature and the replay look-up, in their order. Acceptance never depends
 * on the state of the case: what is illegal there becomes void in replay.
 */
export function judgeMessage(
  ctx: Judge,
  parsed: Exclude<ParsedClaims, { refusal: 'unverifiable' }>,
  knownCase: (caseNumber: string) => KnownCase | undefined,
): Verdict {
  const judged = judgeClaims(parsed, { region: ctx.region, federation: ctx.federation, now: Math.floor(ctx.now() / 1000) })
  const known = withoutForeignCase(parsed.ok ? parsed.claims : parsed.known, knownCase)
  if (judged.status === 'refused') return { ...judged, known }
  if (judged.status === 'deferred') return judged
  const { claims, agreement } = judged
  const refused = (reason: RefusalReason): Verdict => ({ status: 'refused', reason, known })
  const procedure = ctx.procedures.find((p) => `${p.name}/${p.version}` === claims.procedure)
  if (!procedure) return { status: 'deferred', reason: 'version' }
  const { owner, code } = caseNumberParts(claims.case)
  const definition = Object.hasOwn(procedure.documents, claims.document) ? procedure.documents[claims.document] : undefined
  if (!definition || code !== procedure.code) return refused('schema')
  const starts = definition.starts === true
  if (!mayWorkUnder(ctx, { opensCase: starts })) return { status: 'deferred', reason: 'registry' }
  // Exactly the starting document has seen nothing.
  if (starts !== (claims.seen.length === 0)) return refused('schema')
  if (!definition.schema.safeParse(claims.data).success) return refused('schema')
  const held = knownCase(claims.case)
  if (held && (held.procedure !== procedure.name || held.version !== procedure.version)) return refused('schema')
  // The agreement of its first document governs a case to its end; an early follower's is only known by itself.
  if (held && !starts && held.started && held.agreement !== claims.agreement) return refused('agreement')
  const isOwner = claims.iss === owner
  // Only the region in a case's number may write to a case that is not known here.
  if (!held && !isOwner) return { status: 'deferred', reason: 'case-unknown' }
  if (held && !held.participants.includes(claims.iss)) return refused('case-participants')
  if (isOwner !== (definition.by === procedure.roles.owner.role)) return refused('case-participants')
  return { status: 'accepted', claims, procedure, agreement, starts }
}

/** What a region says about a case that it has no part in is answered, and leaves no trace in the case. */
function withoutForeignCase(known: KnownClaims, knownCase: (caseNumber: string) => KnownCase | undefined): KnownClaims {
  if (known.case === undefined) return known
  const held = knownCase(known.case)
  if (held ? held.participants.includes(known.iss) : caseNumberParts(known.case).owner === known.iss) return known
  const { case: _, ...rest } = known
  return rest
}
