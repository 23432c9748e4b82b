import {
  cosignCheckpoint,
  formatAddCheckpoint,
  formatNote,
  formatSignatureLine,
  judgeAddCheckpoint,
  openAddCheckpoint,
  type VerifierKey,
  type WitnessedHead,
} from '../../src/index.ts'
import { ExampleLog, SIGNED_AT } from './example-log.ts'
import { log, otherLog, stranger, witnessA } from './test-keys.ts'

/** What a witness answers on the wire. */
export interface WitnessAnswer {
  readonly status: number
  readonly contentType?: string
  readonly body?: string
  readonly code?: string
}

/** A witness without I/O: one head per log in memory. What a node does with a table and a compare-and-set. */
export class ExampleWitness {
  readonly heads = new Map<string, WitnessedHead>()
  readonly logs: readonly VerifierKey[] = [log.key, otherLog.key]

  async answer(body: string | Uint8Array): Promise<WitnessAnswer> {
    const opened = openAddCheckpoint(body, this.logs)
    if (!opened.ok) return { status: opened.status, code: opened.code }
    const judged = judgeAddCheckpoint(opened, this.heads.get(opened.checkpoint.origin))
    if (judged.status !== 200) return judged
    this.heads.set(opened.checkpoint.origin, judged.head)
    return { status: 200, body: formatSignatureLine(await cosignCheckpoint(opened.text, witnessA.key, witnessA, SIGNED_AT)) }
  }
}

/** Content of vectors/witness.json: requests to one witness, one after the other, with its answers. */
export async function buildWitness() {
  const witness = new ExampleWitness()
  const steps = []
  for (const { why, body } of await requests()) {
    const answer = await witness.answer(body)
    steps.push({ why, body, answer, recorded: witness.heads.get(log.key.name)?.size ?? null })
  }
  return { witness: witnessA.key.name, signsAt: SIGNED_AT, logs: witness.logs.map(({ name }) => name), steps }
}

async function requests(): Promise<{ why: string; body: string }[]> {
  const own = ExampleLog.create(40)
  const fork = ExampleLog.create(40, { prefix: 'other entry' })
  const body = async (oldSize: number, size: number, { from = own, path }: { from?: ExampleLog; path?: readonly Uint8Array[] } = {}) =>
    formatAddCheckpoint({
      oldSize,
      path: path ?? (oldSize === 0 ? [] : await from.consistency(oldSize, size)),
      checkpoint: await from.note(size),
    })
  const first = await body(0, 5)
  const grow = await body(5, 12)
  const [blank] = await own.consistency(5, 12)
  const text = await own.text(5)
  const signatures = [await cosignCheckpoint(text, stranger.key, stranger, SIGNED_AT)]
  const unknown = (await own.note(5)).replaceAll(log.key.name, 'unknown.example/log')
  return [
    { why: 'not a request', body: 'hello\n' },
    { why: 'old with a leading zero', body: first.replace('old 0', 'old 00') },
    { why: 'old beyond the checkpoint', body: first.replace('old 0', 'old 6') },
    { why: 'an origin that this witness does not know', body: `old 0\n\n${unknown}` },
    { why: 'signed by nobody known', body: first.replace(/(?<=— .* )\S+/, 'AAAAAAAAAAAA') },
    { why: 'a flipped character in the log’s signature', body: flipSignature(first) },
    { why: 'ahead of a witness that has nothing', body: grow },
    { why: 'from nothing, with a proof', body: first.replace('old 0\n', `old 0\n${Buffer.from(blank ?? '').toString('base64')}\n`) },
    { why: 'the first head', body: first },
    { why: 'the same again, still from 0', body: first },
    { why: 'the same head again', body: await body(5, 5) },
    { why: 'the same size with another root', body: await body(5, 5, { from: fork }) },
    { why: 'the same head with a proof', body: await body(5, 5, { path: await own.consistency(4, 5) }) },
    { why: 'another history', body: await body(5, 12, { from: fork }) },
    { why: 'another history, the proof of the true one', body: await body(5, 12, { from: fork, path: await own.consistency(5, 12) }) },
    { why: 'no proof', body: await body(5, 12, { path: [] }) },
    { why: 'the log grew', body: grow },
    { why: 'back to an older head', body: await body(5, 5) },
    { why: 'back to an older head, knowing the newer', body: (await body(5, 5)).replace('old 5', 'old 12') },
    { why: 'it grew again', body: await body(12, 40) },
    {
      why: 'another log has its own head',
      body: formatAddCheckpoint({ oldSize: 0, path: [], checkpoint: await ExampleLog.create(3, { signer: otherLog }).note(3) }),
    },
    {
      why: 'signed by a stranger alone',
      body: formatAddCheckpoint({ oldSize: 5, path: [], checkpoint: formatNote({ text, signatures }) }),
    },
  ]
}

function flipSignature(body: string): string {
  const at = body.length - 20
  return body.slice(0, at) + (body[at] === 'A' ? 'B' : 'A') + body.slice(at + 1)
}
