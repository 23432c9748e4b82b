import { loadTls, readAuthorities, type Tls, type TlsFiles } from '../http/tls.ts'
import type { Parsed } from './settings.ts'

/** Of each listener; undefined: plain HTTP. */
export interface ListenerTls {
  readonly api: Tls | undefined
  readonly exchange: Tls | undefined
  /** Authorities of peers. */
  readonly peerCaFile: string | undefined
  readonly peerCa: string | undefined
}

export async function loadAuthorities(path: string | undefined, setting: string): Promise<Parsed<string | undefined>> {
  if (path === undefined) return { ok: true, value: undefined }
  const ca = await readAuthorities(path)
  if (ca !== undefined) return { ok: true, value: ca }
  return {
    ok: false,
    problems: [{ setting, zh: '文件无法读取或不是 PEM 格式的证书', en: 'names a file that cannot be read or holds no PEM certificate' }],
  }
}

export async function loadListenerTls(files: TlsFiles | undefined, setting: string): Promise<Parsed<Tls | undefined>> {
  if (files === undefined) return { ok: true, value: undefined }
  const loaded = await loadTls(files)
  return loaded.ok ? { ok: true, value: loaded.tls } : { ok: false, problems: [{ setting, ...loaded.problem }] }
}
