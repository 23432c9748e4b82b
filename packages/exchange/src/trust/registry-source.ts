import { readFile, stat } from 'node:fs/promises'
import { MAX_REGISTRY_BYTES } from '@hefu/protocol'

const TIMEOUT_MS = 10_000

/** Whether the registry is fetched; otherwise it is a file. */
export function isUrl(source: string): boolean {
  return /^https?:\/\//.test(source)
}

/** The registry's text, from a file or an address. It is signed, so it does not matter who hands it over. Throws what went wrong. */
export async function readRegistrySource(source: string): Promise<Uint8Array> {
  if (!isUrl(source)) return await readFile(source)
  const response = await fetch(source, {
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: { 'accept-encoding': 'identity' },
  })
  if (!response.ok || response.body === null) throw Object.assign(new Error('no registry'), { code: `http-${response.status}` })
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body) {
    size += chunk.length
    if (size > MAX_REGISTRY_BYTES) throw Object.assign(new Error('no registry'), { code: 'too-large' })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Another text where the file has changed; of an address nothing is known before it is asked. */
export async function sourceState(source: string): Promise<string | undefined> {
  if (isUrl(source)) return undefined
  const { mtimeMs, size, ino } = await stat(source)
  return `${mtimeMs} ${size} ${ino}`
}
