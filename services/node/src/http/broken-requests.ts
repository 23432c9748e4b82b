import { randomBytes } from 'node:crypto'
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import { type ErrorCode, HefuError } from '@hefu/exchange'
import type { FastifyRequest } from 'fastify'
import { LINGER_MS, REQUEST_WITHIN_MS } from './limits.ts'
import { PROBLEM_TYPE, problemOf } from './problem.ts'

// Requests that no library sends. Node would answer some of them itself, without a body, and others in the place of an answer that is still due.

/** Of Node's own server: it then leaves to `requireOneHost` what it would answer with an empty 400. */
export const hostIsOurs = { requireHostHeader: false }

/** `name[:port]`, `[IPv6][:port]`. */
const HOST = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i

/** Two of them are how one request means one node to a proxy and another to us. */
export async function requireOneHost({ raw }: FastifyRequest): Promise<void> {
  const hosts = raw.rawHeaders.filter((_, at) => at % 2 === 1 && raw.rawHeaders[at - 1]?.toLowerCase() === 'host')
  const isOld = raw.httpVersion === '1.0' && hosts.length === 0
  if (!isOld && (hosts.length !== 1 || !HOST.test(hosts[0] ?? ''))) throw new HefuError('malformed-request')
  const { expect } = raw.headers
  if (expect !== undefined && expect.toLowerCase() !== '100-continue') throw new HefuError('malformed-request')
}

/** Requests of one connection that came whole and have no answer yet. */
const due = new WeakMap<Socket, Set<ServerResponse>>()
const broken = new WeakSet<Socket>()

export function keepAnswersInOrder(server: Server | HttpsServer): void {
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const answers = due.get(request.socket) ?? new Set()
    due.set(request.socket, answers.add(response))
    response.once('close', () => answers.delete(response))
  })
  // An expectation that nobody knows is judged like any other header.
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => server.emit('request', request, response))
}

/**
 * What Node could not even read as HTTP, or not in time, gets its answer on the bare socket, behind those of the whole requests before it:
 * else somebody who can append bytes to another's connection could take that answer away.
 */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (broken.has(socket)) return
  broken.add(socket)
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  // Node's own limits end in this function too, and each byte that still comes begins its patience anew.
  destroyWithin(socket, REQUEST_WITHIN_MS)
  const before = [...(due.get(socket) ?? [])].filter(({ req }) => req.complete)
  const answered = before.map(async (response) => await new Promise((resolve) => response.once('close', resolve)))
  void Promise.all(answered).then(() => endWithProblem(error, socket))
}

function endWithProblem(error: NodeJS.ErrnoException, socket: Socket): void {
  const isHalfSaid = [...(due.get(socket) ?? [])].some(({ headersSent }) => headersSent)
  if (isHalfSaid || !socket.writable) {
    socket.destroy()
    return
  }
  const code = brokenCodes[error.code ?? ''] ?? 'malformed-request'
  const problem = problemOf(new HefuError(code, { cause: error }), 'both', randomBytes(16).toString('hex'))
  const body = JSON.stringify(problem)
  socket.end(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\nContent-Type: ${PROBLEM_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    // At once would take the answer from a client that is still sending; without end, a client that never closes would keep the connection.
    () => destroyWithin(socket, LINGER_MS),
  )
}

function destroyWithin(socket: Socket, ms: number): void {
  const timer = setTimeout(() => socket.destroy(), ms)
  socket.once('close', () => clearTimeout(timer))
}

const brokenCodes: Partial<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'too-slow',
}
