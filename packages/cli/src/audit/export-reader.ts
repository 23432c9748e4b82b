import { createReadStream } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Where an export is kept. Paths are those of the format (docs/audit.md), with `/`. */
export interface ExportReader {
  /** The bytes, or undefined when there is no such file. */
  read(path: string): Promise<Uint8Array | undefined>
  /** The bytes piece by piece, for what is too large to hold; nothing when there is no such file. */
  stream(path: string): AsyncIterable<Uint8Array>
  /** Names in a folder; none when it is not there. */
  list(folder: string): Promise<readonly string[]>
}

export function folderReader(folder: string): ExportReader {
  return {
    read: (path) => readFile(join(folder, path)).catch(absent(undefined)),
    stream: (path) => streamFile(join(folder, path)),
    list: async (path) => (await readdir(join(folder, path)).catch(absent<string[]>([]))).toSorted(),
  }
}

async function* streamFile(path: string): AsyncGenerator<Uint8Array> {
  const found = await stat(path).catch(absent(undefined))
  if (found?.isFile()) yield* createReadStream(path, { highWaterMark: 256 * 1024 })
}

/** A missing file is an answer; a disk that fails is not. */
function absent<Value>(value: Value): (error: unknown) => Value {
  return (error) => {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'EISDIR'))
      return value
    throw error
  }
}

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
