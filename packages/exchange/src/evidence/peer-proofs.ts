import { type EvidenceLogProof, type EvidencePackage, policyOf } from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import type { Context } from '../context.ts'
import type { ContentRequestRow, DocumentRow } from '../db/schema.ts'
import { MAX_PROOFS } from '../log/answer-proof.ts'
import { type AskContext, type EntryQuestion, fetchProofs } from '../log/promises/fetch-proofs.ts'
import { provenEntries } from '../log/promises/verify-proofs.ts'
import type { StoredAnswer } from './evidence-store.ts'

/** Whoever asks for evidence waits no longer for peers, however many documents the case has. */
const PATIENCE_MS = 5_000

type PeerContext = Pick<Context, 'region' | 'federation' | 'peerTls' | 'signer' | 'now' | 'log'>

export interface PeerProofs {
  /** By digest of the document or its receipt; verified under the policy of the peer's log. */
  readonly proofs: ReadonlyMap<string, readonly EvidenceLogProof[]>
  readonly peers: EvidencePackage['peers']
}

/** What is to be proven: the documents of a case with their answers, and what was asked about their bytes. */
export interface CaseTexts {
  readonly documents: readonly DocumentRow[]
  readonly answers: ReadonlyMap<string, StoredAnswer>
  readonly asked: readonly ContentRequestRow[]
}

/**
 * Asks every other party of the case to prove that its log has the documents too, and what was asked about their bytes. They are asked when
 * evidence is wanted, so that the millions of messages that nobody ever asks about cost nothing. A peer that is away is named as such: what
 * this node has proves as much as before.
 */
export async function fetchPeerProofs(ctx: PeerContext, texts: CaseTexts): Promise<PeerProofs> {
  const signal = AbortSignal.timeout(PATIENCE_MS)
  const parties = [...texts.documents, ...texts.asked].flatMap(({ iss, aud }) => [iss, aud])
  const peers = [...new Set(parties)].filter((region) => region !== ctx.region)
  const answered = await Promise.all(peers.map((peer) => askPeer({ ...ctx, signal }, peer as RegionId, texts)))
  return {
    proofs: new Map(answered.flatMap(({ proofs }) => proofs.map((proof) => [proof.digest, [proof.proof]]))),
    peers: answered.map(({ peer }) => peer),
  }
}

interface Asked {
  readonly peer: EvidencePackage['peers'][number]
  readonly proofs: readonly { readonly digest: string; readonly proof: EvidenceLogProof }[]
}

async function askPeer(ctx: PeerContext & AskContext, peer: RegionId, texts: CaseTexts): Promise<Asked> {
  const policy = policyOf(ctx.federation, peer)
  if (policy === undefined) return { peer: { region: peer, status: 'no-log' }, proofs: [] }
  const wanted = [
    ...texts.documents.flatMap((document) => questionOf(document, peer, texts.answers.get(document.digest))),
    ...texts.asked.flatMap((row) => contentQuestions(row, peer)),
  ]
  const digests = new Set(wanted.map(({ digest }) => digest))
  const proofs: Asked['proofs'][number][] = []
  for (const question of questionsOf(wanted)) {
    const fetched = await fetchProofs(ctx, peer, question)
    if (!fetched.ok) {
      ctx.log.info({ event: 'evidence.peer-away', peer, cause: fetched.away }, 'evidence.peer-away')
      return { peer: { region: peer, status: 'away' }, proofs }
    }
    for (const { said, entry, proof, log } of provenEntries(fetched.proofs, policy)) {
      if (said.kind !== question.kind || said.iss !== question.iss || !digests.delete(said.digest)) continue
      proofs.push({ digest: said.digest, proof: { log, entry, proof } })
    }
  }
  return { peer: { region: peer, status: digests.size === 0 ? 'proven' : 'incomplete' }, proofs }
}

interface Wanted extends Omit<EntryQuestion, 'jtis' | 'head'> {
  readonly jti: string
  readonly digest: string
}

/** What the peer's log should have of this document. Its receipt too: only a witness of the log of who signed it says since when it exists. */
function questionOf({ iss, aud, jti, digest }: DocumentRow, peer: RegionId, answer: StoredAnswer | undefined): Wanted[] {
  if (iss === peer) return [{ kind: 'message.sent', iss: peer, jti, digest }]
  if (aud !== peer) return []
  const arrived = { kind: answer?.status === 'refused' ? 'refusal' : 'message.received', iss: iss as RegionId, jti, digest } as const
  if (answer === undefined) return [arrived]
  return [arrived, { kind: 'receipt.issued', iss: peer, jti: answer.receiptJti, digest: answer.receipt }]
}

/** Request and answer stand in the logs of both sides (ADR 0023). */
function contentQuestions({ iss, aud, jti, digest, answer_digest: answered }: ContentRequestRow, peer: RegionId): Wanted[] {
  if (iss !== peer && aud !== peer) return []
  const request: Wanted = { kind: 'content.request', iss: iss as RegionId, jti, digest }
  return answered === null ? [request] : [request, { kind: 'content.answer', iss: aud as RegionId, jti, digest: answered }]
}

function* questionsOf(wanted: readonly Wanted[]): Generator<EntryQuestion> {
  for (const same of Map.groupBy(wanted, ({ kind, iss }) => `${kind} ${iss}`).values()) {
    // One receipt answers many documents.
    const some = [...new Set(same.map(({ jti }) => jti))]
    for (let at = 0; at < some.length; at += MAX_PROOFS) {
      const { kind, iss } = same[0] as Wanted
      yield { kind, iss, jtis: some.slice(at, at + MAX_PROOFS), head: 'first' }
    }
  }
}
