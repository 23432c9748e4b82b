import { open, readFile, rename } from 'node:fs/promises'
import { parseStrictJson } from '@hefu/protocol'
import { TrustFileError } from './trust-error.ts'

/** Undefined: there is no such file. Throws TrustFileError for one that cannot be read. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new TrustFileError({ zh: `${path}：文件无法读取`, en: `${path}: the file cannot be read` })
  }
}

export async function readText(path: string): Promise<string> {
  const text = await readIfThere(path)
  if (text === undefined) throw new TrustFileError({ zh: `${path}：文件不存在`, en: `${path}: there is no such file` })
  return text
}

export async function readJson(path: string): Promise<unknown> {
  const json = parseStrictJson(Buffer.from(await readText(path)))
  if (json.ok) return json.value
  throw new TrustFileError({ zh: `${path}：不是严格的 JSON（${json.code}）`, en: `${path}: not strict JSON (${json.code})` })
}

/** In one step, and on the disk when this returns: a node may be reading. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const next = `${path}.new`
  {
    await using file = await open(next, 'w', 0o600)
    await file.writeFile(text)
    await file.sync()
  }
  await rename(next, path)
}
