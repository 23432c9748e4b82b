import {
  type EntryBundle,
  formatEntryBundle,
  HASH_BYTES,
  MAX_ENTRY_BYTES,
  parseEntryBundle,
  TILE_WIDTH,
  type Tile,
  tilePath,
} from '@hefu/translog'
import { badAnswer, type LogApi } from './log-api.ts'

/** A tile or bundle exactly as wide as asked for. A node may have kept only the whole one of what has meanwhile filled up. */
export async function fetchTile(api: LogApi, tile: Tile | EntryBundle): Promise<Uint8Array> {
  const path = apiPath(tile)
  const exact = await api.get(path, maxBytes(tile))
  if (exact !== undefined) return checked(exact, tile, tile.width)
  const whole = { ...tile, width: TILE_WIDTH }
  const wider = tile.width === TILE_WIDTH ? undefined : await api.get(apiPath(whole), maxBytes(whole))
  if (wider === undefined) throw badAnswer(path)
  return narrowed(wider, tile)
}

/** `tiles/<L>/<N>…` and `bundles/<N>…`, under the same names as in the folder. */
function apiPath(tile: Tile | EntryBundle): string {
  const path = tilePath(tile)
  return tile.level === 'entries' ? path.replace(/^tile\/entries\//, 'bundles/') : path.replace(/^tile\//, 'tiles/')
}

function maxBytes({ level, width }: Tile | EntryBundle): number {
  return level === 'entries' ? width * (2 + MAX_ENTRY_BYTES) : width * HASH_BYTES
}

/** Its form alone: whether it is true is for `verify`, which believes no node. */
function checked(bytes: Uint8Array, tile: Tile | EntryBundle, width: number): Uint8Array {
  const good = tile.level === 'entries' ? parseEntryBundle(bytes, width).ok : bytes.length === width * HASH_BYTES
  if (!good) throw badAnswer(apiPath(tile))
  return bytes
}

function narrowed(bytes: Uint8Array, tile: Tile | EntryBundle): Uint8Array {
  checked(bytes, tile, TILE_WIDTH)
  if (tile.level !== 'entries') return bytes.subarray(0, tile.width * HASH_BYTES)
  const entries = parseEntryBundle(bytes, TILE_WIDTH)
  if (!entries.ok) throw badAnswer(apiPath(tile))
  return formatEntryBundle(entries.value.slice(0, tile.width))
}
