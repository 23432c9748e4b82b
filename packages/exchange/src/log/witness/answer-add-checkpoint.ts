import {
  cosignCheckpoint,
  formatNote,
  formatSignatureLine,
  judgeAddCheckpoint,
  type OpenedAddCheckpoint,
  openAddCheckpoint,
  parseNote,
  type VerifierKey,
} from '@hefu/translog'
import { raiseAlert } from '../../alerts/alert-store.ts'
import type { Context } from '../../context.ts'
import { type RecordedHead, readWitnessedHead, replaceWitnessedHead } from './witness-store.ts'

type WitnessContext = Pick<Context, 'region' | 'federation' | 'exchangeLog' | 'db' | 'now' | 'log' | 'metrics'>

export interface AddCheckpointAnswer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422
  readonly contentType: string
  readonly body: string
}

const TEXT = 'text/plain; charset=utf-8'

/**
 * Answers `POST witness/add-checkpoint` (protocol.md section 4, C2SP tlog-witness). What is cosigned is recorded before the answer, by
 * compare-and-set: after a crash in between, the log is told with 409 where it stands. Nobody needs to say who calls: what counts is the
 * log's own signature under the checkpoint.
 */
export async function answerAddCheckpoint(ctx: WitnessContext, body: Uint8Array): Promise<AddCheckpointAnswer> {
  const logs = watchedLogs(ctx)
  const opened = openAddCheckpoint(body, logs)
  if (!opened.ok) return { status: opened.status, contentType: TEXT, body: `${opened.code}\n` }
  const shown = signedAlone(opened.request.checkpoint, logs)
  const { origin } = opened.checkpoint
  for (;;) {
    const recorded = await readWitnessedHead(ctx.db, origin)
    const judgement = judgeAddCheckpoint(opened, recorded)
    if (judgement.status === 409) return { status: 409, contentType: judgement.contentType, body: judgement.body }
    if (judgement.status === 422) return await refuse(ctx, opened, judgement.code, recorded, shown)
    if (await replaceWitnessedHead(ctx.db, origin, judgement.expected, { ...judgement.head, checkpoint: shown }, new Date(ctx.now()))) {
      return { status: 200, contentType: TEXT, body: await cosign(ctx, opened.text) }
    }
  }
}

/** The logs of all other regions: a node does not witness itself. */
function watchedLogs({ federation, region }: WitnessContext): VerifierKey[] {
  return federation.regions.flatMap((peer) => (peer.region === region ? [] : (federation.logKeys.get(peer.region) ?? [])))
}

/** Without the lines that others may have put under it: anybody may send a checkpoint, and nothing but the log's signature is kept. */
function signedAlone(checkpoint: string, logs: readonly VerifierKey[]): string {
  const note = parseNote(checkpoint)
  if (!note.ok) return checkpoint
  const isOfLog = ({ name, keyId }: { name: string; keyId: string }) => logs.some((key) => key.name === name && key.keyId === keyId)
  return formatNote({ text: note.value.text, signatures: note.value.signatures.filter(isOfLog) })
}

async function cosign({ exchangeLog, now }: WitnessContext, text: string): Promise<string> {
  const { witnessKey, witnessSigner } = exchangeLog
  return formatSignatureLine(await cosignCheckpoint(text, witnessKey, witnessSigner, Math.floor(now() / 1000)))
}

/**
 * The answer is what this witness cosigned before, with the log's own signature: the evidence goes to both sides. Two roots of one size
 * are proof against the log, and a third says no more: a log that signs roots without end fills no table. A proof that leads nowhere may be
 * the fault of whoever sent it, so that alert rings once a day at most.
 */
async function refuse(
  ctx: WitnessContext,
  { checkpoint, request }: OpenedAddCheckpoint,
  code: 'proof' | 'same-size-other-root',
  recorded: RecordedHead | undefined,
  shown: string,
): Promise<AddCheckpointAnswer> {
  const { origin, size } = checkpoint
  const peer = ctx.federation.regions.find(({ region }) => ctx.federation.logKeys.get(region)?.name === origin)?.region
  const once = code === 'proof' ? new Date(ctx.now()).toISOString().slice(0, 10) : size
  await raiseAlert(ctx.db, ctx, {
    kind: 'witness.contradiction',
    key: `${origin}:${code}:${once}`,
    ...(peer === undefined ? {} : { peer }),
    detail: {
      origin,
      why: code,
      cosigned: recorded?.checkpoint ?? null,
      shown,
      path: request.path.map((hash) => Buffer.from(hash).toString('base64')),
    },
  })
  return { status: 422, contentType: TEXT, body: recorded?.checkpoint ?? `${code}\n` }
}
