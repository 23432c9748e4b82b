import { X509Certificate } from 'node:crypto'
import { open, readFile } from 'node:fs/promises'
import type { Server } from 'node:https'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import type { Text } from '@hefu/procedures'

/** Files of a listener's certificate (PEM, with its chain) and key, and of the authorities whose clients alone may connect. */
export interface TlsFiles {
  readonly cert: string
  readonly key: string
  readonly clientCa?: string | undefined
}

export interface Tls {
  readonly files: TlsFiles
  readonly options: Pick<SecureContextOptions, 'ca'> & {
    readonly cert: string
    readonly key: string
    readonly requestCert: boolean
    readonly rejectUnauthorized: boolean
    readonly minVersion: 'TLSv1.2'
  }
  /** When the listener's certificate ends, in milliseconds since the epoch. */
  readonly validUntilMs: number
}

export type LoadedTls = { readonly ok: true; readonly tls: Tls } | { readonly ok: false; readonly problem: Text }

/** Reads the files and tries them on one another; a key file wider than 0600 is refused like every other. */
export async function loadTls(files: TlsFiles): Promise<LoadedTls> {
  try {
    const [cert, key, ca] = await Promise.all([
      readFile(files.cert, 'utf8'),
      readPrivate(files.key),
      files.clientCa === undefined ? undefined : readFile(files.clientCa, 'utf8'),
    ])
    if (key === null) return unusable('的私钥文件权限宽于 0600', 'has a key file whose mode is wider than 0600')
    const material = { cert, key, ...(ca === undefined ? {} : { ca }) }
    createSecureContext(material)
    const clients = { requestCert: ca !== undefined, rejectUnauthorized: ca !== undefined, minVersion: 'TLSv1.2' } as const
    return { ok: true, tls: { files, options: { ...material, ...clients }, validUntilMs: Date.parse(new X509Certificate(cert).validTo) } }
  } catch {
    return unusable(
      '的证书、私钥或 CA 文件无法读取、不是 PEM 格式或互不匹配',
      'names a certificate, key or CA file that cannot be read, is not PEM or does not match the others',
    )
  }
}

/** Certificates of authorities (PEM); undefined where the file has none. */
export async function readAuthorities(path: string): Promise<string | undefined> {
  try {
    const ca = await readFile(path, 'utf8')
    new X509Certificate(ca)
    return ca
  } catch {
    return undefined
  }
}

function unusable(zh: string, en: string): LoadedTls {
  return { ok: false, problem: { zh, en } }
}

/** Null where others than its owner may read it. Mode and content are of the same open file. */
async function readPrivate(path: string): Promise<string | null> {
  await using file = await open(path, 'r')
  if (((await file.stat()).mode & 0o077) !== 0) return null
  return await file.readFile('utf8')
}

/**
 * Looks at the files now and then and takes new ones for the connections that come; those that stand go on under the old ones, so that
 * no request is dropped. Files that do not fit one another, as while they are being exchanged, change nothing. Returns the end of it.
 */
export function keepTlsFresh(
  server: Server,
  tls: Tls,
  { everyMs, onChange }: { readonly everyMs: number; readonly onChange: (loaded: LoadedTls) => void },
): () => void {
  let known = fingerprintOf(tls)
  let wasUsable = true
  const look = async () => {
    const loaded = await loadTls(tls.files)
    if (!loaded.ok) {
      if (wasUsable) onChange(loaded)
      wasUsable = false
      return
    }
    wasUsable = true
    if (fingerprintOf(loaded.tls) === known) return
    server.setSecureContext(loaded.tls.options)
    known = fingerprintOf(loaded.tls)
    onChange(loaded)
  }
  const timer = setInterval(() => void look(), everyMs)
  timer.unref()
  return () => clearInterval(timer)
}

function fingerprintOf({ options }: Tls): string {
  return JSON.stringify([options.cert, options.key, options.ca])
}
