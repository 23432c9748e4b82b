import type { EvidenceContent, EvidenceDocument, EvidenceLogProof, EvidencePackage } from '@hefu/protocol'
import type { CaseNumber, RegionId } from '@hefu/reference'
import { replayCase } from '../cases/loaded-case.ts'
import { documentsInOrder, readLoadedCase } from '../cases/read-case.ts'
import { readContentRows } from '../content/content-store.ts'
import type { Caller, Context } from '../context.ts'
import type { ContentRequestRow, DocumentRow } from '../db/schema.ts'
import { HefuError } from '../errors.ts'
import { findEntryRows, listLogs } from '../log/audit-log-store.ts'
import { firstHeadOver, proveSoundly } from '../log/prove-entries.ts'
import { readNewestWitnessed } from '../log/witness/witness-store.ts'
import { readAnswers, type StoredAnswer } from './evidence-store.ts'
import { fetchPeerProofs } from './peer-proofs.ts'
import { summarise } from './summarise-case.ts'

type EvidenceContext = Pick<
  Context,
  'db' | 'region' | 'federation' | 'peerTls' | 'procedures' | 'vault' | 'signer' | 'now' | 'log' | 'metrics'
>

/**
 * Everything that proves one case to somebody who can reach no node: the exact messages, how they were answered, and that all of it is in
 * this node's log, under heads that witnesses cosigned, and in the other parties' logs, as far as they answer. To an auditor no content:
 * digests prove as much. None either once the retention of the case has ended: that it existed, was answered and logged still verifies. Throws HefuError `not-found`, and `unavailable` where the tables of the log do not lead to its heads.
 */
export async function readEvidence(ctx: EvidenceContext, caller: Caller, caseNumber: string): Promise<EvidencePackage> {
  const loaded = await readLoadedCase(ctx, caller, null, caseNumber)
  const replay = replayCase(loaded)
  const rows = documentsInOrder(loaded, replay)
  if (rows.length === 0) throw new HefuError('not-found')
  const answers = await readAnswers(ctx.db, rows)
  const asked = await readContentRows(ctx.db, [caseNumber])
  const receipts = [...answers.values()].map(({ receipt }) => receipt)
  const proofs = await proveAll(ctx, [...rows.map(({ digest }) => digest), ...receipts, ...asked.flatMap(digestsOf)])
  const ofPeers = await fetchPeerProofs(ctx, { documents: rows, answers, asked })
  const proofsOf = (digest: string) => [...(proofs.get(digest) ?? []), ...(ofPeers.proofs.get(digest) ?? [])]
  return {
    v: 1,
    case: caseNumber as CaseNumber,
    region: ctx.region,
    madeAt: ctx.now(),
    documents: rows.map((row) => documentOf(row, answers.get(row.digest), proofsOf, caller, loaded.row.blocked_at !== null)),
    peers: ofPeers.peers,
    keys: keysOf(ctx, [...new Set(rows.flatMap(({ iss, aud }) => [iss, aud]))]),
    checkpoints: await newestCheckpoints(ctx),
    ...(asked.length > 0 && { contentRequests: asked.map((row) => contentOf(row, proofsOf)) }),
    summary: summarise(loaded, replay, rows, answers),
  }
}

function documentOf(
  { jti, digest, iss, aud, message }: DocumentRow,
  answer: StoredAnswer | undefined,
  proofsOf: (digest: string) => readonly EvidenceLogProof[],
  { role }: Caller,
  isBlocked: boolean,
): EvidenceDocument {
  return {
    jti,
    digest,
    iss: iss as RegionId,
    aud: aud as RegionId,
    message: role === 'officer' && !isBlocked ? message : null,
    answer: answer === undefined ? null : answerOf(answer),
    logProofs: [...proofsOf(digest), ...(answer === undefined ? [] : proofsOf(answer.receipt))],
  }
}

/** Of the signed texts: a request, and its answer when there is one. */
function digestsOf({ digest, answer_digest: answered }: ContentRequestRow): string[] {
  return answered === null ? [digest] : [digest, answered]
}

function contentOf(row: ContentRequestRow, proofsOf: (digest: string) => readonly EvidenceLogProof[]): EvidenceContent {
  return { request: row.request, answer: row.answer, logProofs: digestsOf(row).flatMap(proofsOf) }
}

function answerOf({ status, reason, text, leaf_index: index, path }: StoredAnswer): NonNullable<EvidenceDocument['answer']> {
  type Reason = NonNullable<NonNullable<EvidenceDocument['answer']>['reason']>
  return { status, ...(reason === null ? {} : { reason: reason as Reason }), receipt: text, index, path }
}

/** Proofs of the entries that name these digests, in whichever of this node's logs they are. */
async function proveAll(ctx: EvidenceContext, digests: readonly string[]): Promise<Map<string, EvidenceLogProof[]>> {
  const proofs = new Map<string, EvidenceLogProof[]>()
  for (const { epoch, origin } of await listLogs(ctx.db)) {
    for (const { index, digest, entry } of await findEntryRows(ctx.db, epoch, digests)) {
      const head = await firstHeadOver(ctx, epoch, Number(index))
      if (digest === null || head === undefined) continue
      const proof = { log: origin, entry, proof: await proveSoundly(ctx, { index: Number(index), entry }, head) }
      proofs.set(digest, [...(proofs.get(digest) ?? []), proof])
    }
  }
  return proofs
}

/** As the regions' manifests have them, those of regions that have left too. Whoever checks believes a federation file; these say which keys it must have. */
function keysOf({ federation }: EvidenceContext, regions: readonly string[]): EvidencePackage['keys'] {
  return [...federation.regions, ...(federation.former ?? [])].flatMap(({ region, keys }) =>
    regions.includes(region)
      ? keys.map(({ iat, exp, revoked, until: _, ...key }) => ({ region, key, ...known({ iat, exp, revoked }) }))
      : [],
  )
}

type Times = Pick<EvidencePackage['keys'][number], 'iat' | 'exp' | 'revoked'>

function known(times: { [Name in keyof Times]: Times[Name] | undefined }): Times {
  return Object.fromEntries(Object.entries(times).filter(([, value]) => value !== undefined))
}

/** The newest of each of this node's logs that a quorum has cosigned. */
async function newestCheckpoints(ctx: EvidenceContext): Promise<string[]> {
  const notes: string[] = []
  for (const { epoch } of await listLogs(ctx.db)) {
    const newest = await readNewestWitnessed(ctx.db, epoch)
    if (newest !== undefined) notes.push(newest.note)
  }
  return notes
}
