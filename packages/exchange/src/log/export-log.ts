import type { ExportedLeaf, ExportedReceipt, ExportOffer } from '@hefu/protocol'
import type { Context } from '../context.ts'
import type { PlaceRow } from '../db/schema.ts'
import { HefuError } from '../errors.ts'
import { listCosigned, listLogs } from './audit-log-store.ts'
import {
  findReceiptIndex,
  listLoggedReceipts,
  listUnloggedReceipts,
  type ReceiptPlace,
  type ReceiptTexts,
  readReceiptTexts,
} from './export-receipts-store.ts'
import { readNewestCheckpoint, type StoredCheckpoint } from './log-store.ts'
import { readNewestWitnessed, readWitnesses, type WitnessedCheckpoint } from './witness/witness-store.ts'

/** Witnessing keeps up with the log to within seconds; when it does not, an export shows what has no witness yet, too. */
const WITNESSES_LAG_MS = 60_000
const RECEIPTS_A_PAGE = 1_000
/** Receipts in memory at once, each with up to 500 messages. */
const RECEIPTS_AT_ONCE = 50

/** What an export of the live log is pinned to, and what the witnesses said. Throws HefuError `not-found` while there is no log. */
export async function offerExport(ctx: Pick<Context, 'db' | 'region'>): Promise<ExportOffer> {
  const logs = await listLogs(ctx.db)
  const live = logs.at(-1)
  const newest = live && (await readNewestCheckpoint(ctx.db, live.epoch))
  if (live === undefined || newest === undefined) throw new HefuError('not-found')
  const witnesses = [...(await readWitnesses(ctx.db, live.epoch)).values()]
  return {
    v: 1,
    region: ctx.region,
    origin: live.origin,
    epoch: live.epoch,
    checkpoint: pinned(newest, await readNewestWitnessed(ctx.db, live.epoch)),
    witnessed: witnesses.flatMap(({ witness, note }) => (note === null ? [] : [{ witness, note }])),
    cosigned: await listCosigned(ctx.db),
    earlier: await Promise.all(logs.slice(0, -1).map(async ({ origin, epoch }) => await closedLog(ctx, origin, epoch))),
  }
}

function pinned(newest: StoredCheckpoint, witnessed: WitnessedCheckpoint | undefined): string {
  if (witnessed === undefined) return newest.note
  return newest.at.getTime() - witnessed.at.getTime() > WITNESSES_LAG_MS ? (newest.witnessed ?? newest.note) : witnessed.note
}

async function closedLog(ctx: Pick<Context, 'db'>, origin: string, epoch: number): Promise<ExportOffer['earlier'][number]> {
  const newest = await readNewestCheckpoint(ctx.db, epoch)
  if (newest === undefined) throw new Error(`the log of epoch ${epoch} has no checkpoint`)
  return { origin, epoch, size: newest.size, checkpoint: newest.witnessed ?? newest.note }
}

export interface ReceiptPage {
  /** Digest to go on after; null: these are the last. */
  readonly next: string | null
  /** Lines of NDJSON, made as they are read. */
  readonly lines: AsyncIterable<string>
}

/** Receipts after the one with that digest, all of the live log's where there is none. An unknown digest: from the beginning. */
export async function exportReceipts(ctx: Pick<Context, 'db' | 'region'>, after?: string): Promise<ReceiptPage> {
  const live = (await listLogs(ctx.db)).at(-1)
  if (live === undefined) return { next: null, lines: linesOf(ctx, []) }
  const unlogged = after === undefined ? await listUnloggedReceipts(ctx.db, ctx.region) : []
  const from = after === undefined ? undefined : await findReceiptIndex(ctx.db, live.epoch, after)
  const places = await listLoggedReceipts(ctx.db, live.epoch, from ?? -1, RECEIPTS_A_PAGE + 1)
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
