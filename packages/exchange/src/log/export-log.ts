import type { ExportedLeaf, ExportedReceipt, ExportOffer } from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import type { Context } from '../context.ts'
import type { Tx } from '../db/bulk.ts'
import type { LogWitnessRow, PlaceRow } from '../db/schema.ts'
import { HefuError } from '../errors.ts'
import { listCosigned, listLogs, readCheckpointFrom, type StoredLog } from './audit-log-store.ts'
import {
  findReceiptIndex,
  listLoggedReceipts,
  listUnloggedReceipts,
  type ReceiptPlace,
  type ReceiptTexts,
  readReceiptTexts,
} from './export-receipts-store.ts'
import { readNewestCheckpoint, type StoredCheckpoint } from './log-store.ts'
import { logAmong } from './read-log.ts'
import { readWitnesses } from './witness/witness-store.ts'

/** Witnessing keeps up with the log to within seconds; when it does not, an export shows what has no witness yet, too. */
const WITNESSES_LAG_MS = 60_000
const RECEIPTS_A_PAGE = 1_000
/** Receipts in memory at once, each with up to 500 messages. */
const RECEIPTS_AT_ONCE = 50

/**
 * What an export of a log is pinned to, and what the witnesses said: all of one moment, so that no witness has seen more than is
 * exported. Of the live log where no epoch is named. Throws HefuError `not-found` for a log that there is not.
 */
export async function offerExport(ctx: Pick<Context, 'db' | 'region'>, epoch?: number): Promise<ExportOffer> {
  return await ctx.db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (tx) => await readOffer(tx, ctx.region, epoch))
}

async function readOffer(tx: Tx, region: RegionId, asked?: number): Promise<ExportOffer> {
  const logs = await listLogs(tx)
  const { origin, epoch, closedAt } = logAmong(logs, asked)
  const newest = await readNewestCheckpoint(tx, epoch)
  if (newest === undefined) throw new HefuError('not-found')
  const cosigned = [...(await readWitnesses(tx, epoch)).values()]
  const pinned = closedAt === null ? await pinnedCheckpoint(tx, newest, largestOf(cosigned)) : newest
  const earlier: ExportOffer['earlier'] = []
  for (const log of logs) if (log.epoch < epoch) earlier.push(await closedLog(tx, log))
  return {
    v: 1,
    region,
    origin,
    epoch,
    checkpoint: pinned.witnessed ?? pinned.note,
    witnessed: cosigned.flatMap(({ witness, note }) => (note === null ? [] : [{ witness, note }])),
    cosigned: await listCosigned(tx),
    earlier,
  }
}

function largestOf(cosigned: readonly LogWitnessRow[]): number {
  return Math.max(0, ...cosigned.map(({ size }) => Number(size ?? 0)))
}

/**
 * Of the live log: the newest that any witness has cosigned, so that little is left unproven; the newest of all when the witnesses do not
 * keep up. (A closed log is shown to its end.)
 */
async function pinnedCheckpoint(tx: Tx, newest: StoredCheckpoint, cosigned: number): Promise<StoredCheckpoint> {
  const seen = cosigned === 0 ? undefined : await readCheckpointFrom(tx, newest.epoch, cosigned)
  return seen === undefined || newest.at.getTime() - seen.at.getTime() > WITNESSES_LAG_MS ? newest : seen
}

async function closedLog(tx: Tx, { origin, epoch }: StoredLog): Promise<ExportOffer['earlier'][number]> {
  const last = await readNewestCheckpoint(tx, epoch)
  if (last === undefined) throw new Error(`the log of epoch ${epoch} has no checkpoint`)
  return { origin, epoch, size: last.size, checkpoint: last.witnessed ?? last.note }
}

export interface ReceiptPage {
  /** Digest to go on after; null: these are the last. */
  readonly next: string | null
  /** Lines of NDJSON, made as they are read. */
  readonly lines: AsyncIterable<string>
}

export interface ReceiptQuestion {
  /** The live log where absent. */
  readonly epoch?: number | undefined
  /** Digest of the receipt to go on after; an unknown one: from the beginning. */
  readonly after?: string | undefined
}

/** Receipts of one log, after the one with that digest or all. Throws HefuError `not-found` for a log that there is not. */
export async function exportReceipts(ctx: Pick<Context, 'db' | 'region'>, { epoch, after }: ReceiptQuestion): Promise<ReceiptPage> {
  const logs = await listLogs(ctx.db)
  const log = logAmong(logs, epoch)
  const live = { from: logs.find((one) => one.epoch === log.epoch - 1)?.closedAt ?? null, to: log.closedAt }
  const unlogged = after === undefined ? await listUnloggedReceipts(ctx.db, ctx.region, live) : []
  const from = after === undefined ? undefined : await findReceiptIndex(ctx.db, log.epoch, after)
  const places = await listLoggedReceipts(ctx.db, log.epoch, from ?? -1, RECEIPTS_A_PAGE + 1)
  const page = places.slice(0, RECEIPTS_A_PAGE)
  return { next: places.length > page.length ? (page.at(-1)?.digest ?? null) : null, lines: linesOf(ctx, [...unlogged, ...page]) }
}

async function* linesOf(ctx: Pick<Context, 'db'>, places: readonly ReceiptPlace[]): AsyncGenerator<string> {
  for (let at = 0; at < places.length; at += RECEIPTS_AT_ONCE) {
    const some = places.slice(at, at + RECEIPTS_AT_ONCE)
    const read = await readReceiptTexts(
      ctx.db,
      some.map(({ digest }) => digest),
    )
    yield some.flatMap((place) => lineOf(place, read)).join('')
  }
}

/** None for a receipt that was taken away in between, or that has no message left. */
function lineOf({ digest, direction }: ReceiptPlace, { texts, places }: ReceiptTexts): string[] {
  const text = texts.get(digest)
  const leaves = places.get(digest)
  if (text === undefined || leaves === undefined) return []
  const whole = leaves.length === text.size
  const line: ExportedReceipt = { digest, receipt: text.receipt, direction, leaves: leaves.map((place) => leafOf(place, whole)) }
  return [`${JSON.stringify(line)}\n`]
}

/** With its path only where the receipt's other messages are not all listed: then the root cannot be computed from the leaves. */
function leafOf({ jti, digest, status, reason, leaf_index: index, path }: PlaceRow, whole: boolean): ExportedLeaf {
  const said = { jti, digest, status, ...(reason === null ? {} : { reason: reason as NonNullable<ExportedLeaf['reason']> }) }
  return whole ? said : { ...said, index, path }
}
