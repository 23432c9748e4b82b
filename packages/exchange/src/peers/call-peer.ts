import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import { type Region, regionById } from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import type { Context } from '../context.ts'
import { addressRule, guardedLookup, OUTSIDE } from './address-ranges.ts'
import type { PeerTls } from './peer-tls.ts'

export type PeerAnswer =
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly retryAfter: string | undefined
      readonly contentType: string | undefined
      /** What the peer's clock said, epoch milliseconds; undefined where it did not say. */
      readonly dateMs: number | undefined
      readonly body: Buffer
    }
  | { readonly kind: 'no-answer'; readonly cause: NoAnswer }

/** `not-in-registry`: the region has left, and nobody was called. */
export type NoAnswer = 'refused' | 'reset' | 'timeout' | 'too-large' | 'name' | 'address' | 'tls' | 'network' | 'not-in-registry'

/** Where a peer may be called: at the registry's address alone, and only inside its address ranges. */
export interface PeerPlace extends Pick<Region, 'exchangeUrl' | 'addresses'> {
  readonly tls?: PeerTls | undefined
}

export interface PeerRequest {
  /** Undefined: the registry has no such region (any more), and nobody is called. */
  readonly place: PeerPlace | undefined
  /** Below the registry's address, with its query. */
  readonly path: string
  readonly contentType: string
  readonly body: string | Buffer
  /** 16 MiB where absent. */
  readonly maxAnswerBytes?: number
  readonly authorization?: string
  readonly timeoutMs?: number
  /** Ends the request: the node stops. */
  readonly signal?: AbortSignal | undefined
}

export function placeOf({ federation, peerTls }: Pick<Context, 'federation' | 'peerTls'>, region: string): PeerPlace | undefined {
  const listed = regionById(federation, region as RegionId)
  return listed && { exchangeUrl: listed.exchangeUrl, addresses: listed.addresses, tls: peerTls }
}

/** The address that a request is made to, and signed for. */
export function addressOf(place: PeerPlace | undefined, path: string): string {
  return `${place?.exchangeUrl.replace(/\/$/, '') ?? ''}${path}`
}

/** Under the lease of the outbox, so that a message is never with two requests of one node. */
const requestTimeoutMs = 12_000

/** Answers larger than this are cut off, unless the caller says less: 500 entries with their paths are under 1 MiB; fetched messages up to 8 MiB. */
const defaultAnswerBytes = 16 * 1024 * 1024

/** One POST to a peer: at the registry's address, inside its ranges, no redirects, no compression, the answer capped while it streams. Never throws: a network error is a result. */
export async function postToPeer(request: PeerRequest): Promise<PeerAnswer> {
  const headers = { 'content-type': request.contentType, 'content-length': Buffer.byteLength(request.body) }
  return await send(request, 'POST', headers, request.body)
}

/** One GET, in the same way. */
export async function getFromPeer(request: Omit<PeerRequest, 'contentType' | 'body'>): Promise<PeerAnswer> {
  return await send(request, 'GET', {}, undefined)
}

async function send(
  request: Omit<PeerRequest, 'contentType' | 'body'>,
  method: 'GET' | 'POST',
  headers: Readonly<Record<string, string | number>>,
  body: string | Buffer | undefined,
): Promise<PeerAnswer> {
  const { place } = request
  if (place === undefined) return { kind: 'no-answer', cause: 'not-in-registry' }
  const url = new URL(addressOf(place, request.path))
  const { agent, rule } = doorTo(place)
  // A host that is an address is never looked up: the connection would be made unasked.
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0 && !rule(host)) return { kind: 'no-answer', cause: 'address' }
  const options: RequestOptions = {
    method,
    agent,
    headers: {
      ...headers,
      'accept-encoding': 'identity',
      ...(request.authorization === undefined ? {} : { authorization: request.authorization }),
    },
    signal: AbortSignal.any([AbortSignal.timeout(request.timeoutMs ?? requestTimeoutMs), ...(request.signal ? [request.signal] : [])]),
  }
  const maxBytes = request.maxAnswerBytes ?? defaultAnswerBytes
  return await new Promise((resolve) => {
    const fail = (error: NodeJS.ErrnoException) => resolve({ kind: 'no-answer', cause: causeOf(error) })
    const read = (response: IncomingMessage) => void readAnswer(response, maxBytes).then(resolve, fail)
    const outgoing = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options, read)
    outgoing.on('error', fail)
    outgoing.end(body)
  })
}

/** Connections that are kept were made under one rule: another address, other ranges or another certificate get connections of their own. */
interface Door {
  readonly agent: HttpAgent | HttpsAgent
  readonly rule: ReturnType<typeof addressRule>
}

const doors = new Map<string, Door>()
const MAX_DOORS = 512

function doorTo({ exchangeUrl, addresses, tls }: PeerPlace): Door {
  const secure = exchangeUrl.startsWith('https:')
  const key = [exchangeUrl, ...addresses, ...(secure && tls ? [tls.ca, tls.cert, tls.key] : [])].join(' ')
  const open = doors.get(key)
  if (open !== undefined) return open
  const rule = addressRule(addresses)
  const options = { keepAlive: true, maxSockets: 16, timeout: 60_000, lookup: guardedLookup(rule) }
  const door = { rule, agent: secure ? new HttpsAgent({ ...options, ...definedOf(tls) }) : new HttpAgent(options) }
  const [oldest] = doors.keys()
  if (doors.size >= MAX_DOORS && oldest !== undefined) {
    doors.get(oldest)?.agent.destroy()
    doors.delete(oldest)
  }
  doors.set(key, door)
  return door
}

/** Without what is not set: TLS would take it for an empty list. */
function definedOf(tls: PeerTls | undefined) {
  return Object.fromEntries(Object.entries(tls ?? {}).filter(([, value]) => value !== undefined))
}

async function readAnswer(response: IncomingMessage, maxAnswerBytes: number): Promise<PeerAnswer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxAnswerBytes) {
      response.destroy()
      return { kind: 'no-answer', cause: 'too-large' }
    }
    chunks.push(chunk)
  }
  const { 'retry-after': retryAfter, 'content-type': contentType, date } = response.headers
  const dateMs = date === undefined || Number.isNaN(Date.parse(date)) ? undefined : Date.parse(date)
  return { kind: 'answer', status: response.statusCode ?? 0, retryAfter, contentType, dateMs, body: Buffer.concat(chunks) }
}

function causeOf(error: NodeJS.ErrnoException): NoAnswer {
  if (error.name === 'TimeoutError' || error.name === 'AbortError' || error.code === 'ETIMEDOUT') return 'timeout'
  if (error.code === OUTSIDE) return 'address'
  if (error.code === 'ECONNREFUSED') return 'refused'
  if (error.code === 'ECONNRESET' || error.code === 'EPIPE' || error.message === 'aborted') return 'reset'
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') return 'name'
  if (error.code?.startsWith('ERR_TLS') || error.code?.includes('CERT')) return 'tls'
  return 'network'
}
