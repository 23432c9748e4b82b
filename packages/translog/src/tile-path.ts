import { type Parsed, refused } from './parsed.ts'
import { type EntryBundle, isWidth, TILE_WIDTH, type Tile } from './tiles.ts'
import { TranslogError } from './translog-error.ts'
import { isSize, parseDecimal } from './tree-size.ts'

/** Highest level that C2SP tlog-tiles has a path for. */
const MAX_LEVEL = 63

/**
 * `tile/<L>/<N>[.p/<W>]` and `tile/entries/<N>[.p/<W>]` (C2SP tlog-tiles): index 1234067 is `x001/x234/067`, so that a folder of files
 * has neither a file that is also a folder nor more than 1,000 names beside each other. Throws TranslogError `range`.
 */
export function tilePath({ level, index, width }: Tile | EntryBundle): string {
  if (level !== 'entries' && !(isSize(level) && level <= MAX_LEVEL)) throw new TranslogError('range', `tile of level ${level}`)
  if (!isSize(index) || !isWidth(width)) throw new TranslogError('range', `tile ${index} of width ${width}`)
  return `tile/${level}/${indexPath(index)}${width === TILE_WIDTH ? '' : `.p/${width}`}`
}

function indexPath(index: number): string {
  const groups = [lastThree(index)]
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) groups.unshift(`x${lastThree(rest)}`)
  return groups.join('/')
}

function lastThree(value: number): string {
  return String(value % 1000).padStart(3, '0')
}

// No index of a tree has more than six groups. The first group of several is not x000: one tile, one path.
const TILE_PATH = /^tile\/(entries|[0-9]{1,2})\/((?!x000)(?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/

/**
 * Reads such a path, in its one spelling: no leading zeroes, `.p/256` never, no other characters. `level`: above 63; `index`: beyond
 * 2^53 − 1; `width`: not 1 to 255. Whether the tree has such a tile is `tileWidth`'s to say.
 */
export function parseTilePath(path: string): Parsed<Tile | EntryBundle, 'form' | 'level' | 'index' | 'width'> {
  const parts = TILE_PATH.exec(path)
  if (parts === null) return refused('form')
  const [, levelText = '', indexText = '', widthText] = parts
  const index = Number(indexText.replaceAll(/[x/]/g, ''))
  if (!isSize(index)) return refused('index')
  const width = widthText === undefined ? TILE_WIDTH : (parseDecimal(widthText) ?? 0)
  if (!isWidth(width) || (widthText !== undefined && width === TILE_WIDTH)) return refused('width')
  if (levelText === 'entries') return { ok: true, value: { level: 'entries', index, width } }
  const level = parseDecimal(levelText)
  if (level === undefined || level > MAX_LEVEL) return refused('level')
  return { ok: true, value: { level, index, width } }
}
