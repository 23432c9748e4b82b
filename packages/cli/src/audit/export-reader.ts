import { open, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Where an export is kept. Paths are those of the format (docs/audit.md), with `/`. */
export interface ExportReader {
  /** The bytes, or undefined when there is no such file. */
  read(path: string): Promise<Uint8Array | undefined>
  /** The bytes piece by piece, for what is too large to hold; nothing when there is no such file, or none that may be read. */
  stream(path: string): AsyncIterable<Uint8Array>
  /** Names in a folder; none when it is not there. */
  list(folder: string): Promise<readonly string[]>
  /** The folder on disk, where another thread can read too. */
  readonly folder?: string
}

/** One file that is there and cannot be read, whatever the others say: what it held is unknown, and that is a finding. */
export class UnreadableFile extends Error {
  readonly code: string

  constructor(code: string, cause: unknown) {
    super(code, { cause })
    this.name = 'UnreadableFile'
    this.code = code
  }
}

/** The bytes, or the finding that says why there are none. */
export async function readOrWhyNot(
  reader: ExportReader,
  path: string,
): Promise<Uint8Array | { readonly code: 'file-missing' | 'file-unreadable'; readonly found: string }> {
  try {
    return (await reader.read(path)) ?? { code: 'file-missing', found: '—' }
  } catch (error) {
    if (error instanceof UnreadableFile) return { code: 'file-unreadable', found: error.code }
    throw error
  }
}

export function folderReader(folder: string): ExportReader {
  return {
    folder,
    read: (path) => readWhole(join(folder, path)).catch(absent(undefined)),
    stream: (path) => streamFile(join(folder, path)),
    list: async (path) => (await readdir(join(folder, path)).catch(absent<string[]>([]))).toSorted(),
  }
}

/** Larger than any file of an export that is read whole: 256 entries of 64 KiB. */
const MAX_FILE_BYTES = 32 * 1024 * 1024

/** A pipe or a device would never end: an archive can hold those, and links to them. */
async function readWhole(path: string): Promise<Uint8Array> {
  const found = await stat(path)
  if (!found.isFile() && !found.isDirectory()) throw new UnreadableFile('not a file', undefined)
  if (found.size > MAX_FILE_BYTES) throw new UnreadableFile('too large', undefined)
  return await readFile(path)
}

async function* streamFile(path: string): AsyncGenerator<Uint8Array> {
  const isFile = (await stat(path).catch(unreadable))?.isFile() === true
  const file = isFile ? await open(path).catch(unreadable) : undefined
  if (file !== undefined) yield* file.createReadStream({ highWaterMark: 256 * 1024 })
}

/** A missing file is an answer, and so is one that nobody lets us read; a disk that fails is not. */
function absent<Value>(value: Value): (error: unknown) => Value {
  return (error) => {
    if (error instanceof UnreadableFile) throw error
    const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
    if (MISSING.has(code)) return value
    throw UNREADABLE.has(code) ? new UnreadableFile(code, error) : error
  }
}

function unreadable(error: unknown): undefined {
  try {
    return absent(undefined)(error)
  } catch (other) {
    if (other instanceof UnreadableFile) return undefined
    throw other
  }
}

const MISSING = new Set(['ENOENT', 'ENOTDIR', 'EISDIR'])
const UNREADABLE = new Set(['EACCES', 'EPERM', 'ELOOP', 'ENAMETOOLONG'])

/** Lines without their ends. One longer than `maxBytes` is given as undefined, and is not kept. */
export async function* linesOf(pieces: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array | undefined> {
  let rest: Uint8Array = new Uint8Array(0)
  let overlong = false
  for await (const piece of pieces) {
    let from = 0
    for (let end = piece.indexOf(10); end >= 0; end = piece.indexOf(10, from)) {
      const line = rest.length === 0 ? piece.subarray(from, end) : Buffer.concat([rest, piece.subarray(from, end)])
      yield overlong || line.length > maxBytes ? undefined : line
      ;[rest, overlong, from] = [new Uint8Array(0), false, end + 1]
    }
    if (!overlong) rest = Buffer.concat([rest, piece.subarray(from)])
    if (rest.length > maxBytes) [rest, overlong] = [new Uint8Array(0), true]
  }
  if (overlong || rest.length > 0) yield overlong ? undefined : rest
}
