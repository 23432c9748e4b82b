import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'

export type PeerAnswer =
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly retryAfter: string | undefined
      readonly contentType: string | undefined
      readonly body: Buffer
    }
  | { readonly kind: 'no-answer'; readonly cause: 'refused' | 'reset' | 'timeout' | 'too-large' | 'name' | 'tls' | 'network' }

export interface PeerRequest {
  readonly url: string
  readonly contentType: string
  readonly body: string | Buffer
  /** 16 MiB where absent. */
  readonly maxAnswerBytes?: number
  readonly authorization?: string
  readonly timeoutMs?: number
  /** Ends the request: the node stops. */
  readonly signal?: AbortSignal | undefined
}

const agents = {
  http: new HttpAgent({ keepAlive: true, maxSockets: 16, timeout: 60_000 }),
  https: new HttpsAgent({ keepAlive: true, maxSockets: 16, timeout: 60_000 }),
}

/** Under the lease of the outbox, so that a message is never with two requests of one node. */
const requestTimeoutMs = 12_000

/** Answers larger than this are cut off, unless the caller says less: 500 entries with their paths are under 1 MiB; fetched messages up to 8 MiB. */
const defaultAnswerBytes = 16 * 1024 * 1024

/** One POST to a peer: no redirects, no compression, the answer capped while it streams. Never throws: a network error is a result. */
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
  const url = new URL(request.url)
  const secure = url.protocol === 'https:'
  const options: RequestOptions = {
    method,
    agent: secure ? agents.https : agents.http,
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
    const outgoing = (secure ? httpsRequest : httpRequest)(url, options, (response) => readAnswer(response, maxBytes).then(resolve, fail))
    outgoing.on('error', fail)
    outgoing.end(body)
  })
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
  const { 'retry-after': retryAfter, 'content-type': contentType } = response.headers
  return { kind: 'answer', status: response.statusCode ?? 0, retryAfter, contentType, body: Buffer.concat(chunks) }
}

function causeOf(error: NodeJS.ErrnoException): Extract<PeerAnswer, { kind: 'no-answer' }>['cause'] {
  if (error.name === 'TimeoutError' || error.name === 'AbortError' || error.code === 'ETIMEDOUT') return 'timeout'
  if (error.code === 'ECONNREFUSED') return 'refused'
  if (error.code === 'ECONNRESET' || error.code === 'EPIPE' || error.message === 'aborted') return 'reset'
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') return 'name'
  if (error.code?.startsWith('ERR_TLS') || error.code?.includes('CERT')) return 'tls'
  return 'network'
}
