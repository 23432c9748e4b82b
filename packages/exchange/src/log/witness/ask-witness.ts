import type { RegionId } from '@hefu/reference'
import {
  formatAddCheckpoint,
  MAX_NOTE_BYTES,
  parseCheckpointNote,
  parseRecordedSize,
  readCosignatures,
  SIZE_CONTENT_TYPE,
  type VerifiedSignature,
  type VerifierKey,
  verifyLogSignature,
} from '@hefu/translog'
import type { Kysely } from 'kysely'
import type { Context } from '../../context.ts'
import type { Database } from '../../db/schema.ts'
import { type PeerAnswer, placeOf, postToPeer } from '../../peers/call-peer.ts'
import { WITNESS_PATH } from '../log-paths.ts'
import { readHead } from '../log-store.ts'
import { proveSizes } from '../prove-entries.ts'
import type { PublishedCheckpoint } from '../publish-checkpoint.ts'
import type { DamageContext } from '../report-damage.ts'

const TIMEOUT_MS = 5_000
/** Sizes that one request may be told in a row: another process of this node may have asked in between. */
const MAX_TURNS = 4

export interface Witness {
  readonly region: RegionId
  readonly key: VerifierKey
}

/** Why a log is sealed; see log-state.ts. */
export interface Contradiction {
  readonly why: 'witness-ahead' | 'other-history'
  readonly evidence: Readonly<Record<string, unknown>>
}

export type WitnessAnswer = (
  | { readonly kind: 'cosigned'; readonly cosignatures: readonly VerifiedSignature[] }
  | ({ readonly kind: 'contradicted' } & Contradiction)
  /** `answered`: there was one, of another kind. */
  | { readonly kind: 'no-cosignature'; readonly cause: string; readonly answered: boolean }
) & {
  /** The smallest size it said it has recorded; undefined when it was of the opinion that we had. */
  readonly recorded: number | undefined
}

export interface Asking {
  readonly ctx: Pick<Context, 'federation' | 'peerTls' | 'exchangeLog'> & DamageContext
  readonly db: Kysely<Database>
  readonly signal: AbortSignal
}

/**
 * Asks one witness to cosign; `believed`: the size it cosigned last, as far as is known. Its 409 says from where it wants the proof. A
 * contradiction is what it says about *this node's whole log*, not only about this checkpoint, which may be older.
 */
export async function askWitness(
  asking: Asking,
  witness: Witness,
  published: PublishedCheckpoint,
  believed: number,
): Promise<WitnessAnswer> {
  const { epoch, checkpoint, note } = published
  const { size } = checkpoint
  let oldSize = Math.min(believed, size)
  let recorded: number | undefined
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    const path = await proofFrom(asking, published, oldSize)
    const answer = await post(asking, witness, formatAddCheckpoint({ oldSize, path, checkpoint: note }))
    if (answer.kind === 'no-answer') return { kind: 'no-cosignature', cause: answer.cause, answered: false, recorded }
    if (answer.status === 200) return { ...cosignaturesOf(answer.body, note, witness), recorded }
    if (answer.status === 422)
      return { kind: 'contradicted', why: 'other-history', evidence: evidenceOf(asking, note, answer.body), recorded }
    const said =
      answer.status === 409 && answer.contentType?.split(';', 1)[0] === SIZE_CONTENT_TYPE ? parseRecordedSize(answer.body) : undefined
    if (!said?.ok || said.value === oldSize) return { kind: 'no-cosignature', cause: `http-${answer.status}`, answered: true, recorded }
    recorded = Math.min(recorded ?? said.value, said.value)
    if (said.value > size) return { ...(await judgeAhead(asking, epoch, note, said.value)), recorded }
    oldSize = said.value
  }
  return { kind: 'no-cosignature', cause: 'http-409', answered: true, recorded }
}

/** Of a proof that does not hold the fault would be ours: it is not sent, so that nobody accuses this log of another history for it. */
async function proofFrom({ ctx }: Asking, published: PublishedCheckpoint, oldSize: number): Promise<readonly Uint8Array[]> {
  if (oldSize === 0) return []
  const { epoch, note, checkpoint } = published
  return (await proveSizes(ctx, { epoch, note, size: checkpoint.size }, { from: oldSize, to: checkpoint.size })).proof
}

/** Ahead of this checkpoint is nothing; ahead of the whole log means that this log has lost what it signed. */
async function judgeAhead({ db }: Asking, epoch: number, note: string, recorded: number) {
  const head = await readHead(db)
  if (head === undefined || head.epoch !== epoch || recorded <= head.range.size) {
    return { kind: 'no-cosignature', cause: 'overtaken', answered: true } as const
  }
  return { kind: 'contradicted', why: 'witness-ahead', evidence: { own: note, recorded, size: head.range.size } } as const
}

function cosignaturesOf(body: Buffer, note: string, { key }: Witness) {
  const parsed = parseCheckpointNote(note)
  if (!parsed.ok) throw new Error(`not a checkpoint: ${parsed.code}`)
  const read = readCosignatures(body, parsed.value.note.text, [key])
  if (!read.ok) return { kind: 'no-cosignature', cause: read.code, answered: true } as const
  return { kind: 'cosigned', cosignatures: read.value } as const
}

/** What the witness shows in its answer, where this log really signed it. */
function evidenceOf({ ctx }: Asking, own: string, body: Buffer): Readonly<Record<string, unknown>> {
  const shown = body.length <= MAX_NOTE_BYTES ? parseCheckpointNote(body) : undefined
  const signed = shown?.ok === true && verifyLogSignature(shown.value, ctx.exchangeLog.key).ok
  return { own, cosigned: signed ? body.toString('utf8') : null }
}

async function post({ ctx, signal }: Asking, { region }: Witness, body: string): Promise<PeerAnswer> {
  return await postToPeer({
    place: placeOf(ctx, region),
    path: WITNESS_PATH,
    contentType: 'text/plain; charset=utf-8',
    body,
    timeoutMs: TIMEOUT_MS,
    signal,
    maxAnswerBytes: MAX_NOTE_BYTES,
  })
}
