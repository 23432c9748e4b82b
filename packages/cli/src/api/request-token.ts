import { setTimeout as sleep } from 'node:timers/promises'
import { clientAssertionForm, type Signer } from '@hefu/protocol'
import type { Text } from '../language.ts'
import { loadOwnKey } from '../trust/own-key.ts'

export interface TokenRequest {
  /** Base address of the local API. */
  readonly api: string
  readonly client: string
  /** A signer, or the file of the client's private key. */
  readonly key: Signer | string
  /** What the node calls itself, where clients reach it under another address than `api`. */
  readonly issuer?: string | undefined
  readonly scopes?: readonly string[] | undefined
  /** Milliseconds since the epoch. */
  readonly nowMs: number
}

export interface Token {
  readonly token: string
  readonly seconds: number
  readonly scopes: readonly string[]
}

/** Nothing answers at this address, or it is none. */
export class UnreachableError extends Error {
  readonly text: Text
  constructor(api: string) {
    const zh = `${api}：无法连接；请检查 --api（或环境变量 HEFU_API）是否为本区域节点本地接口的地址，例如 http://127.0.0.1:8080，以及节点是否已启动（GET /readyz）`
    const en = `${api}: cannot be reached; check that --api (or the variable HEFU_API) is the address of the node's local API, such as http://127.0.0.1:8080, and that the node is running (GET /readyz)`
    super(en)
    this.name = 'UnreachableError'
    this.text = { zh, en }
  }
}

/** A refusal in the words of the token endpoint. */
export class TokenRefusedError extends Error {
  readonly error: string
  constructor(error: string, description: string) {
    super(description)
    this.name = 'TokenRefusedError'
    this.error = error
  }
}

/**
 * An access token for a client, by its private key. The assertion is made for the address that the caller named, never for one that the
 * server says: else a false server could ask for one that is good at another. Throws KeyFileError, TokenRefusedError, UnreachableError.
 */
export async function requestToken({ api, client, key, issuer, scopes, nowMs }: TokenRequest): Promise<Token> {
  const base = baseOf(api)
  const signer = typeof key === 'string' ? await loadOwnKey(key) : key
  const assertion = async () =>
    await clientAssertionForm({ client, issuer: issuer ?? base, scopes, now: Math.floor(nowMs / 1_000) }, signer)
  let answer = await post(base, await assertion())
  // Turned away for a moment, before anything of it was looked at.
  for (let turn = 1; turn < TURNS && answer.status === 503; turn++) {
    await sleep(Math.min(Number(answer.headers.get('retry-after')) || 1, LONGEST_WAIT_S) * 1_000)
    answer = await post(base, await assertion())
  }
  const json = (await answer.json().catch(() => ({}))) as Record<string, unknown>
  if (answer.status === 200 && typeof json.access_token === 'string')
    return { token: json.access_token, seconds: Number(json.expires_in), scopes: String(json.scope).split(' ') }
  throw new TokenRefusedError(String(json.error ?? answer.status), String(json.error_description ?? json.detail ?? `HTTP ${answer.status}`))
}

const TURNS = 4
const LONGEST_WAIT_S = 5

async function post(base: string, body: string): Promise<Response> {
  return await fetch(`${base}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body,
    redirect: 'error',
    signal: AbortSignal.timeout(30_000),
  }).catch(() => {
    throw new UnreachableError(base)
  })
}

/** Without a slash at its end: as the node names itself. */
export function baseOf(api: string): string {
  return api.replace(/\/+$/, '')
}
