import { randomUUID } from 'node:crypto'
import { usualPurpose } from './usual-purpose.ts'

/** JSON as it came: read members by name, turn leaves into what they should be with `listOf` and `String`. */
export interface Json {
  readonly [member: string]: Json
}

export function listOf(value: Json | undefined): readonly Json[] {
  if (!Array.isArray(value)) throw new Error('not a list')
  return value
}

export interface ApiAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: Json
}

export interface CallOptions {
  readonly key?: string
  readonly ifMatch?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** One caller of one node's local API, over real HTTP. Reads state the usual purpose unless `headers` say otherwise (`'hefu-purpose': ''`: none). */
export interface ApiClient {
  readonly base: string
  get(path: string, options?: CallOptions): Promise<ApiAnswer>
  /** With a new Idempotency-Key unless one is given. */
  post(path: string, body?: unknown, options?: CallOptions): Promise<ApiAnswer>
  put(path: string, body: unknown, options?: CallOptions): Promise<ApiAnswer>
  /** Reads all pages of a list. */
  all(path: string, options?: CallOptions): Promise<Json[]>
}

/** A token, or where to get one when it is needed; null: calls without. */
export type TokenSource = string | null | (() => Promise<string>)

export function apiClient(base: string, token: TokenSource): ApiClient {
  const call = async (method: string, path: string, body: unknown, options: CallOptions): Promise<ApiAnswer> => {
    const bearer = typeof token === 'function' ? await token() : token
    const response = await fetch(new URL(path, base), {
      method,
      headers: {
        ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(method === 'POST' ? { 'idempotency-key': options.key ?? randomUUID() } : {}),
        ...(options.ifMatch === undefined ? {} : { 'if-match': options.ifMatch }),
        ...(method === 'GET' ? usualPurpose(path) : {}),
        ...options.headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    })
    const text = await response.text()
    const json = /[/+]json/.test(response.headers.get('content-type') ?? '') && text !== '' ? JSON.parse(text) : {}
    return { status: response.status, headers: response.headers, body: json }
  }
  return {
    base,
    get: (path, options = {}) => call('GET', path, undefined, options),
    post: (path, body, options = {}) => call('POST', path, body, options),
    put: (path, body, options = {}) => call('PUT', path, body, options),
    async all(path, options = {}) {
      const items: Json[] = []
      for (let next: string | null = path; next !== null; ) {
        const page: ApiAnswer = await call('GET', next, undefined, options)
        if (page.status !== 200) throw new Error(`GET ${next.split('?')[0]} answered ${page.status}`)
        items.push(...listOf(page.body.items))
        next = /<([^>]+)>;\s*rel="next"/.exec(page.headers.get('link') ?? '')?.[1] ?? null
      }
      return items
    },
  }
}
