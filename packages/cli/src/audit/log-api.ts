import { setTimeout as sleep } from 'node:timers/promises'
import { AuditError } from './audit-error.ts'

/** The auditor's side of the local API (protocol.md section 4): reads only. */
export interface LogApi {
  /** The body, or undefined for 404. `path` begins after `/v1/exchange-log/`. Throws AuditError. */
  get(path: string, maxBytes: number): Promise<Uint8Array | undefined>
  /** The body piece by piece, and the path of the next page. */
  page(path: string): Promise<{ readonly body: AsyncIterable<Uint8Array>; readonly next: () => string | undefined }>
}

export interface LogApiOptions {
  /** Address of the local API, without user, query or fragment. */
  readonly api: string
  /** One token, or where to get one that is in time: an export may outlast any. */
  readonly token: string | (() => Promise<string>)
  readonly timeoutMs?: number
  /** How long to wait before each new try. */
  readonly retriesMs?: readonly number[]
}

const PREFIX = '/v1/exchange-log/'
/** Passing faults: the node restarts, the log is busy. Anything else is an answer. */
const PASSING = new Set([429, 500, 502, 503, 504])
const MAX_RETRY_AFTER_MS = 60_000

/** Throws AuditError `api` for an address that is none. No error holds the token, nor the address's query: there is none. */
export function logApi({ api, token, timeoutMs = 60_000, retriesMs = [500, 2000, 8000, 15_000] }: LogApiOptions): LogApi {
  const base = readAddress(api)
  const ask = async (path: string): Promise<Response> => {
    for (let tried = 0; ; tried++) {
      const bearer = typeof token === 'string' ? token : await token()
      const answer = await request(new URL(`${base}${PREFIX}${path}`), bearer, timeoutMs).catch((error: unknown) => error)
      if (answer instanceof Response && !PASSING.has(answer.status)) return answer
      const waitMs = retriesMs[tried]
      if (waitMs === undefined) throw answer instanceof Response ? badStatus(answer.status, path) : unreachable(answer)
      if (answer instanceof Response) await answer.body?.cancel()
      await sleep(Math.max(waitMs, answer instanceof Response ? retryAfterMs(answer) : 0))
    }
  }
  return {
    async get(path, maxBytes) {
      const answer = await ask(path)
      if (answer.status === 404) {
        await answer.body?.cancel()
        return undefined
      }
      return collect(okBody(answer, path), maxBytes, path)
    },
    async page(path) {
      const answer = await ask(path)
      return { body: okBody(answer, path), next: () => nextPath(answer.headers.get('link'), base) }
    },
  }
}

/** The same, asked about one log of the node: which one is live may change before an export ends. */
export function apiOfEpoch({ get, page }: LogApi, epoch: number): LogApi {
  const ofEpoch = (path: string) => {
    const [name, query] = path.split('?')
    const asked = new URLSearchParams(query)
    asked.set('epoch', String(epoch))
    return `${name}?${asked}`
  }
  return { get: (path, maxBytes) => get(ofEpoch(path), maxBytes), page: (path) => page(ofEpoch(path)) }
}

function readAddress(api: string): string {
  const url = URL.canParse(api) ? new URL(api) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username + url.password + url.search + url.hash !== '')
    throw new AuditError('api', {
      zh: '--api 须为不含用户名、查询串和片段的 http(s) 地址',
      en: '--api must be an http(s) address without user, query or fragment',
    })
  return `${url.origin}${url.pathname.replace(/\/$/, '')}`
}

/** Redirects are not followed: the token is for this address alone. */
function request(url: URL, token: string, timeoutMs: number): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, 'accept-encoding': 'identity' }
  return fetch(url, { headers, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) })
}

function retryAfterMs(answer: Response): number {
  const seconds = Number(answer.headers.get('retry-after') ?? 0)
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds * 1000, MAX_RETRY_AFTER_MS) : 0
}

function okBody(answer: Response, path: string): AsyncIterable<Uint8Array> {
  if (answer.status !== 200 || answer.body === null) throw badStatus(answer.status, path)
  return answer.body
}

async function collect(body: AsyncIterable<Uint8Array>, maxBytes: number, path: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of body) {
    length += piece.length
    if (length > maxBytes) throw badAnswer(path)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

/** `Link: <…>; rel="next"`: a page of this same log, or nothing. */
function nextPath(link: string | null, base: string): string | undefined {
  const target = link === null ? undefined : /<([^>]*)>\s*;\s*rel="?next"?/.exec(link)?.[1]
  if (target === undefined || !URL.canParse(target, `${base}/`)) return undefined
  const url = new URL(target, `${base}/`)
  const at = url.pathname.indexOf(PREFIX)
  return at < 0 ? undefined : `${url.pathname.slice(at + PREFIX.length)}${url.search}`
}

export function badAnswer(path: string): AuditError {
  return new AuditError('api-answer', { zh: `节点对 ${path} 的答复不合格式`, en: `the node's answer to ${path} is not of its format` })
}

function badStatus(status: number, path: string): AuditError {
  return new AuditError('api-status', { zh: `节点对 ${path} 答复 ${status}`, en: `the node answered ${path} with ${status}` })
}

/** Only what kind of fault it was: messages of network errors can hold addresses and headers. */
function unreachable(error: unknown): AuditError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const name = cause instanceof Error ? ('code' in cause && typeof cause.code === 'string' ? cause.code : cause.name) : 'unknown'
  return new AuditError('api', { zh: `无法访问节点（${name}）`, en: `the node cannot be reached (${name})` })
}
