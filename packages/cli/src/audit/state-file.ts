import { open, readFile, rename } from 'node:fs/promises'
import { parseStrictJson } from '@hefu/protocol'
import { HASH_BYTES } from '@hefu/translog'
import { AuditError } from './audit-error.ts'

export interface SeenHead {
  readonly size: number
  readonly root: Uint8Array
}

/** The last verified head of each log, by origin. */
export type AuditState = ReadonlyMap<string, SeenHead>

/** A file that is not there is a first audit; one that cannot be read is not: to take it for a first audit would let a rollback pass. */
export async function readState(path: string): Promise<AuditState> {
  const bytes = await readFile(path).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw unreadable(path, error)
  })
  if (bytes === undefined) return new Map()
  const json = parseStrictJson(bytes)
  if (!json.ok || typeof json.value !== 'object' || json.value === null || Array.isArray(json.value)) throw unreadable(path)
  return new Map(Object.entries(json.value).map(([origin, head]) => [origin, readHead(head, path)]))
}

function readHead(head: unknown, path: string): SeenHead {
  if (typeof head !== 'object' || head === null || !('size' in head) || !('root' in head)) throw unreadable(path)
  const { size, root } = head
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0 || typeof root !== 'string') throw unreadable(path)
  const bytes = Buffer.from(root, 'base64')
  if (bytes.length !== HASH_BYTES || bytes.toString('base64') !== root) throw unreadable(path)
  return { size, root: bytes }
}

/** In one step: a crash leaves the old file or the new one. Throws AuditError `state`. */
export async function writeState(path: string, state: AuditState): Promise<void> {
  const heads = [...state].map(([origin, { size, root }]) => [origin, { size, root: Buffer.from(root).toString('base64') }])
  const next = `${path}.next`
  try {
    {
      await using file = await open(next, 'w')
      await file.writeFile(`${JSON.stringify(Object.fromEntries(heads), null, 2)}\n`)
      await file.sync()
    }
    await rename(next, path)
  } catch (error) {
    throw new AuditError('state', { zh: `${path}：状态文件无法写入`, en: `${path}: the state file cannot be written` }, error)
  }
}

function unreadable(path: string, cause?: unknown): AuditError {
  return new AuditError('state', { zh: `${path}：不是可读的状态文件`, en: `${path}: not a state file that can be read` }, cause)
}
