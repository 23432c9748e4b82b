import { setTimeout as sleep } from 'node:timers/promises'
import { formatNote, type NoteSignature, parseNote } from '@hefu/translog'
import type { Kysely } from 'kysely'
import { raiseAlert } from '../../alerts/alert-store.ts'
import type { Context } from '../../context.ts'
import type { Database } from '../../db/schema.ts'
import type { PublishedCheckpoint } from '../publish-checkpoint.ts'
import { askWitness, type Contradiction, type Witness, type WitnessAnswer } from './ask-witness.ts'
import { sealLog } from './seal-log.ts'
import { readWitnesses, storeAnswered, storeCosigned, storeWitnessed } from './witness-store.ts'

/** Under load a new checkpoint comes several times a second; one of them is enough. */
const ROUND_MS = 500
/** Doubled by each failure, up to the next: the peers of one federation often start together, and wait for one another. */
const FIRST_RETRY_MS = 50
const FIRST_RETRIES_MS = 500
const RETRY_MS = 5_000
/** Times that the shorter waits hold. */
const FIRST_RETRIES = 20
const POLL_MS = 25

type WitnessesContext = Pick<Context, 'region' | 'federation' | 'peerTls' | 'exchangeLog' | 'db' | 'now' | 'log' | 'metrics'>

/** All witnesses of one log, asked by the process that moves it. */
export interface Witnesses {
  /** The newest checkpoint is what they are asked for next; those in between are left out. */
  tell(published: PublishedCheckpoint): void
  /** Whether a quorum has cosigned a checkpoint since this process leads. */
  confirmed(): boolean
  /** Whether one of them knows another history: then nothing more may be signed. */
  sealed(): boolean
  stop(): Promise<void>
}

interface Asked extends Witness {
  busy: Promise<void> | undefined
  /** By performance.now(). */
  nextAt: number
  failures: number
  /** Size that it cosigned since this process leads. */
  cosigned: number | undefined
  /** Size that it cosigned last, as far as is known; of an earlier leader too. */
  believed: number
  /** Why it did not cosign, when that was said last; undefined while it cosigns. */
  said: string | undefined
}

interface Round {
  readonly published: PublishedCheckpoint
  readonly lines: Map<string, NoteSignature>
}

/** `db`: the sequencer's login. */
export async function openWitnesses(ctx: WitnessesContext, db: Kysely<Database>, epoch: number): Promise<Witnesses> {
  const stopping = new AbortController()
  const { policy } = ctx.exchangeLog
  const asked = await witnessesOf(ctx, db, epoch)
  const rounds = new Map<number, Round>()
  let newest: PublishedCheckpoint | undefined
  let sealed = false

  const ask = async (witness: Asked, round: Round) => {
    try {
      const answer = await askTwice({ ctx, db, signal: stopping.signal }, witness, round.published)
      if (stopping.signal.aborted) return
      sealed = (await note(ctx, db, witness, round, answer)) || sealed
      if (answer.kind === 'cosigned') await collect(ctx, db, rounds, round)
    } catch (error) {
      failed(witness)
      if (!stopping.signal.aborted) ctx.log.error({ event: 'witness.disturbed', peer: witness.region, error }, 'witness.disturbed')
    } finally {
      witness.busy = undefined
    }
  }
  const run = async () => {
    let lastRound = Number.NEGATIVE_INFINITY
    while (!stopping.signal.aborted && !sealed) {
      const now = performance.now()
      const published = newest
      const due = asked.filter((one) => published && !one.busy && one.nextAt <= now && one.cosigned !== published.checkpoint.size)
      // Whoever has not cosigned yet is not made to wait: until a quorum has, the log stands still.
      const first = due.some(({ cosigned }) => cosigned === undefined)
      if (published && due.length > 0 && (first || now - lastRound >= ROUND_MS)) {
        lastRound = now
        const round = rounds.get(published.checkpoint.size) ?? { published, lines: new Map() }
        rounds.set(published.checkpoint.size, round)
        for (const witness of due) witness.busy = ask(witness, round)
      }
      await sleep(POLL_MS, undefined, { signal: stopping.signal }).catch(() => {})
    }
  }
  const ended = run()
  return {
    tell(published) {
      newest = published
    },
    confirmed: () => !sealed && asked.filter(({ cosigned }) => cosigned !== undefined).length >= (policy?.threshold ?? 0),
    sealed: () => sealed,
    async stop() {
      stopping.abort()
      await ended
      await Promise.all(asked.map(({ busy }) => busy))
    },
  }
}

async function witnessesOf({ federation, region }: WitnessesContext, db: Kysely<Database>, epoch: number): Promise<Asked[]> {
  const known = await readWitnesses(db, epoch)
  return federation.regions.flatMap((peer) => {
    const key = federation.witnessKeys.get(peer.region)
    if (peer.region === region || key === undefined) return []
    const believed = Number(known.get(key.name)?.size ?? 0)
    return [{ region: peer.region, key, busy: undefined, nextAt: 0, failures: 0, cosigned: undefined, believed, said: undefined }]
  })
}

/** A contradiction ends the log, so it must be said twice: something between the nodes may have answered once. */
async function askTwice(asking: Parameters<typeof askWitness>[0], witness: Asked, published: PublishedCheckpoint): Promise<WitnessAnswer> {
  const first = await askWitness(asking, witness, published, witness.believed)
  if (first.kind !== 'contradicted') return first
  await sleep(FIRST_RETRIES_MS, undefined, { signal: asking.signal })
  return await askWitness(asking, witness, published, first.recorded ?? witness.believed)
}

/** Remembers what the witness said; answers whether the log is sealed for it. */
async function note(ctx: WitnessesContext, db: Kysely<Database>, witness: Asked, round: Round, answer: WitnessAnswer): Promise<boolean> {
  const { epoch, checkpoint } = round.published
  const at = new Date(ctx.now())
  await alertForgotten(ctx, witness, answer)
  if (answer.kind === 'cosigned') {
    for (const { line } of answer.cosignatures) round.lines.set(line.name, line)
    Object.assign(witness, { cosigned: checkpoint.size, believed: checkpoint.size, failures: 0, nextAt: 0, said: undefined })
    const cosigned = withLines(round.published.note, round.lines, [witness.key.name])
    await storeCosigned(db, { epoch, witness: witness.key.name, size: checkpoint.size, note: cosigned, at })
    return false
  }
  if (answer.kind === 'no-cosignature') {
    failed(witness)
    if (answer.recorded !== undefined) witness.believed = answer.recorded
    if (answer.answered) await storeAnswered(db, epoch, witness.key.name, at)
    if (witness.said !== answer.cause)
      ctx.log.warn(
        { event: 'witness.no-cosignature', peer: witness.region, cause: answer.cause, size: checkpoint.size },
        'witness.no-cosignature',
      )
    witness.said = answer.cause
    return false
  }
  await sealLog(ctx, db, epoch, witness, answer satisfies Contradiction)
  return true
}

/** The witness has cosigned a larger tree and does not know it any more: its memory was rolled back, and with it what it is good for. */
async function alertForgotten(ctx: WitnessesContext, witness: Asked, { recorded }: WitnessAnswer): Promise<void> {
  if (recorded === undefined || recorded >= witness.believed) return
  await raiseAlert(ctx.db, ctx, {
    kind: 'witness.forgot',
    key: `${witness.key.name}:${witness.believed}`,
    peer: witness.region,
    detail: { origin: ctx.exchangeLog.origin, witness: witness.key.name, cosignedSize: witness.believed, recordedSize: recorded },
  })
}

function failed(witness: Asked): void {
  const early = Math.min(FIRST_RETRY_MS * 2 ** witness.failures, FIRST_RETRIES_MS)
  witness.nextAt = performance.now() + (witness.failures < FIRST_RETRIES ? early : RETRY_MS)
  witness.failures++
}

/** Stores the checkpoint as witnessed once enough have cosigned it; what is smaller is of no use any more. */
async function collect(
  ctx: WitnessesContext,
  db: Kysely<Database>,
  rounds: Map<number, Round>,
  { published, lines }: Round,
): Promise<void> {
  const { policy } = ctx.exchangeLog
  if (policy === undefined || lines.size < policy.threshold) return
  const { size } = published.checkpoint
  const witnessed = withLines(
    published.note,
    lines,
    policy.witnesses.map(({ name }) => name),
  )
  await storeWitnessed(db, published.epoch, size, witnessed, new Date(ctx.now()))
  for (const older of rounds.keys()) if (older < size) rounds.delete(older)
}

/** The log's own lines and these cosignatures, in the order of the names. */
function withLines(logNote: string, lines: ReadonlyMap<string, NoteSignature>, names: readonly string[]): string {
  const parsed = parseNote(logNote)
  if (!parsed.ok) throw new Error(`not a note: ${parsed.code}`)
  const cosignatures = names.flatMap((name) => lines.get(name) ?? [])
  return formatNote({ text: parsed.value.text, signatures: [...parsed.value.signatures, ...cosignatures] })
}
