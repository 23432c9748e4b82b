import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AuditError } from './audit-error.ts'

/** Writes whole files only: one that is there is complete, however the export before ended. Throws AuditError `out`. */
export async function writeWhole(folder: string, path: string, bytes: Uint8Array | string): Promise<void> {
  const target = join(folder, path)
  await toOut(folder, async () => {
    await mkdir(dirname(target), { recursive: true })
    {
      await using file = await open(`${target}.part`, 'w')
      await file.writeFile(bytes)
      await file.sync()
    }
    await rename(`${target}.part`, target)
  })
}

export async function hasFile(folder: string, path: string): Promise<boolean> {
  const found = await stat(join(folder, path)).catch(() => undefined)
  return found?.isFile() === true
}

export async function readIfThere(folder: string, path: string): Promise<Uint8Array | undefined> {
  return readFile(join(folder, path)).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw unwritable(folder, error)
  })
}

export async function removeIfThere(folder: string, path: string): Promise<void> {
  await toOut(folder, () => rm(join(folder, path), { force: true, recursive: true }))
}

export async function toOut<Value>(folder: string, write: () => Promise<Value>): Promise<Value> {
  try {
    return await write()
  } catch (error) {
    throw error instanceof AuditError ? error : unwritable(folder, error)
  }
}

function unwritable(folder: string, cause: unknown): AuditError {
  return new AuditError('out', { zh: `${folder}：导出目录无法写入`, en: `${folder}: the export folder cannot be written` }, cause)
}
