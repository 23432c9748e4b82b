import {
  type ExportManifest,
  type ExportOffer,
  type ExportPin,
  exportManifest,
  exportOffer,
  exportPin,
  parseExported,
} from '@hefu/protocol'
import { changedTiles, type EntryBundle, parseCheckpointNote, TILE_WIDTH, type Tile, tilePath, tileWidth } from '@hefu/translog'
import { AuditError } from './audit-error.ts'
import { hasFile, readIfThere, removeIfThere, writeWhole } from './export-files.ts'
import { exportReceipts } from './export-receipts.ts'
import { fetchTile } from './fetch-tile.ts'
import { apiOfEpoch, badAnswer, type LogApi, type LogApiOptions, logApi } from './log-api.ts'

export interface ExportOptions extends LogApiOptions {
  readonly out: string
  /** Which log of the node, from 0; absent: the live one, or the one that an interrupted export in this folder is of. */
  readonly epoch?: number | undefined
  /** Entries wanted; hashes always come whole. */
  readonly from?: number | undefined
  readonly to?: number | undefined
  readonly nowMs: () => number
  readonly onProgress?: (done: number, total: number) => void
}

/** What `export` says, and its `--json`. */
export interface ExportDone extends ExportManifest {
  readonly receipts: number
  /** Files that the node has, and cannot give as what they must be: `verify` names their entries. */
  readonly lacking: readonly string[]
}

const MAX_OFFER_BYTES = 64 * 1024 * 1024
const MANIFEST = 'manifest.json'
const PIN = 'pin.json'
const AT_ONCE = 8

/**
 * Exports a log into a folder, pinned to one checkpoint. The manifest is written last: a folder without it is an export that was
 * interrupted, and the next run goes on to the same checkpoint without fetching again what is there. A finished export is brought up to
 * date the same way. Nothing that the node says is believed: `verify` judges, also of what the node cannot give. Throws AuditError.
 */
export async function exportLog(options: ExportOptions): Promise<ExportDone> {
  const node = logApi(options)
  const { manifest, offer } = await pin(node, options)
  const api = apiOfEpoch(node, manifest.epoch)
  const { out } = options
  await writeNotes(out, offer)
  const tiles = [...wantedTiles(manifest)]
  const lacking = await fetchAll(api, out, tiles, (done) => options.onProgress?.(done, tiles.length + 1))
  const receipts = await exportReceipts(api, out)
  await writeWhole(out, MANIFEST, `${JSON.stringify(manifest)}\n`)
  await removeIfThere(out, PIN)
  options.onProgress?.(tiles.length + 1, tiles.length + 1)
  return { ...manifest, receipts, lacking }
}

/**
 * A few at once. When one cannot be had the others are still finished: what was answered is not asked for again. Answers the paths of those
 * that the node gave in no form that such a file has: somebody took something out of its log, and that must not end the audit.
 */
async function fetchAll(
  api: LogApi,
  out: string,
  tiles: readonly (Tile | EntryBundle)[],
  onDone: (done: number) => void,
): Promise<string[]> {
  const lacking: string[] = []
  const waiting = tiles.values()
  let done = 0
  const lane = async () => {
    for (const tile of waiting) {
      const path = tilePath(tile)
      if (!(await hasFile(out, path))) {
        const bytes = await fetchTile(api, tile).catch(onlyForm)
        if (bytes === undefined) lacking.push(path)
        else await writeWhole(out, path, bytes)
      }
      onDone(++done)
    }
  }
  const lanes = await Promise.allSettled(Array.from({ length: AT_ONCE }, lane))
  const failed = lanes.find((one) => one.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  return lacking.sort()
}

function onlyForm(error: unknown): undefined {
  if (!(error instanceof AuditError) || error.code !== 'api-answer') throw error
}

/** What this export is pinned to: as before, when one was interrupted here, else as the node offers now. */
async function pin(api: LogApi, { out, epoch, from, to, nowMs }: ExportOptions): Promise<ExportPin> {
  const before = await readIfThere(out, PIN)
  const pinned = before && parseExported(exportPin, before)
  if (pinned !== undefined) {
    const { manifest } = pinned
    if (manifest.from === from && manifest.to === to && (epoch ?? manifest.epoch) === manifest.epoch) return pinned
    throw otherExport(out)
  }
  const { offer, size } = await askOffer(api, epoch)
  const { region, origin } = offer
  const range = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
  const manifest: ExportManifest = { v: 1, region, origin, epoch: offer.epoch, size, exportedAt: nowMs(), ...range }
  await makeRoom(out, manifest)
  await writeWhole(out, PIN, JSON.stringify({ manifest, offer } satisfies ExportPin))
  return { manifest, offer }
}

async function askOffer(api: LogApi, epoch: number | undefined): Promise<{ offer: ExportOffer; size: number }> {
  const bytes = await (epoch === undefined ? api : apiOfEpoch(api, epoch)).get('export', MAX_OFFER_BYTES)
  if (bytes === undefined) throw noLog(epoch)
  const offer = parseExported(exportOffer, bytes)
  const parsed = offer && parseCheckpointNote(offer.checkpoint)
  if (offer === undefined || !parsed?.ok || parsed.value.checkpoint.origin !== offer.origin) throw badAnswer('export')
  if ((epoch ?? offer.epoch) !== offer.epoch) throw badAnswer('export')
  return { offer, size: parsed.value.checkpoint.size }
}

function noLog(epoch: number | undefined): AuditError {
  return epoch === undefined
    ? new AuditError('api-log', { zh: '节点尚无可导出的日志', en: 'the node has no log to export yet' })
    : new AuditError('api-log', { zh: `节点没有第 ${epoch} 期的日志`, en: `the node has no log of epoch ${epoch}` })
}

/** The folder is empty, or holds an earlier export of the same log: its whole tiles never change and are kept. */
async function makeRoom(out: string, { origin, region }: ExportManifest): Promise<void> {
  const bytes = await readIfThere(out, MANIFEST)
  const earlier = bytes && parseExported(exportManifest, bytes)
  if (bytes !== undefined && (earlier?.origin !== origin || earlier.region !== region)) throw otherExport(out)
  for (const path of [MANIFEST, 'checkpoint', 'witnessed', 'cosigned']) await removeIfThere(out, path)
}

function otherExport(out: string): AuditError {
  return new AuditError('out', {
    zh: `${out}：目录中已有另一份导出`,
    en: `${out}: the folder holds another export`,
  })
}

async function writeNotes(out: string, { checkpoint, witnessed, cosigned }: ExportOffer): Promise<void> {
  await writeWhole(out, 'checkpoint', checkpoint)
  for (const { witness, note } of witnessed) await writeWhole(out, `witnessed/${fileName(witness)}`, note)
  for (const { origin, note } of cosigned) await writeWhole(out, `cosigned/${fileName(origin)}`, note)
}

/** The names come from a node: no path may be made of them. */
function fileName(name: string): string {
  return `${name
    .replaceAll(/[^A-Za-z0-9._-]/g, '_')
    .replace(/^\.+/, '_')
    .slice(0, 200)}.checkpoint`
}

function* wantedTiles({ size, from = 0, to = size }: ExportManifest): Generator<Tile | EntryBundle> {
  yield* changedTiles(0, size)
  const end = Math.min(to, size)
  for (let index = Math.floor(from / TILE_WIDTH); index * TILE_WIDTH < end; index++)
    yield { level: 'entries', index, width: tileWidth(0, index, size) }
}
