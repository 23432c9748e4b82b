import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPair, type TestPair } from './node-pair.ts'

/** Bytes that no library would send, over both listeners: each gets a problem or a closed connection, never half an answer or another's. */

let pair: TestPair
beforeAll(async () => {
  pair = await startPair()
})
afterAll(async () => await pair[Symbol.asyncDispose]())

const listeners = ['api', 'exchange'] as const
type Name = (typeof listeners)[number]

/** Everything that comes back until the node closes the connection. */
async function send(name: Name, bytes: string): Promise<string> {
  const { hostname, port } = new URL(pair.chengdu.node[name] ?? '')
  const socket = connect(Number(port), hostname).on('error', () => {})
  await once(socket, 'connect')
  socket.write(Buffer.from(bytes, 'latin1'))
  return await text(socket).catch(() => '')
}

interface Answer {
  readonly status: number
  readonly body: string
}

/** The answers in it, one after the other; throws on a byte that belongs to none. */
function answersIn(received: string): Answer[] {
  const answers: Answer[] = []
  for (let rest = Buffer.from(received); rest.length > 0; ) {
    const end = rest.indexOf('\r\n\r\n')
    const head = rest.subarray(0, end).toString()
    const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(head) ?? []
    if (end < 0 || status === undefined) throw new Error(`no answer: ${rest.toString().slice(0, 200)}`)
    const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0)
    answers.push({ status: Number(status), body: rest.subarray(end + 4, end + 4 + length).toString() })
    rest = rest.subarray(end + 4 + length)
  }
  return answers
}

const HOST = 'Host: node.test\r\n'
const CLOSE = 'Connection: close\r\n'
/** A route of each listener that answers without a token. */
const known: Readonly<Record<Name, string>> = { api: '/livez', exchange: '/.well-known/hefu' }
const post: Readonly<Record<Name, string>> = { api: '/oauth/token', exchange: '/exchange/v1/inbox' }

describe.each(listeners)('the %s listener', (name) => {
  const get = (headers: string, version = '1.1') => `GET ${known[name]} HTTP/${version}\r\n${headers}\r\n`
  const body = (headers: string, sent: string) => `POST ${post[name]} HTTP/1.1\r\n${HOST}${headers}\r\n${sent}`

  it.each<[string, string]>([
    ['no Host', get(CLOSE)],
    ['two Hosts', get(`${HOST}Host: other.test\r\n${CLOSE}`)],
    ['two Hosts that are one', get(`${HOST}${HOST}${CLOSE}`)],
    ['a Host that is none', get(`Host: a b/c@d\r\n${CLOSE}`)],
    ['an Expect that nobody knows', get(`${HOST}Expect: miracles\r\n${CLOSE}`)],
    ['a length and chunks', body('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n')],
    ['chunks and a length', body('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', '0\r\n\r\n')],
    ['two lengths', body('Content-Length: 5\r\nContent-Length: 6\r\n', 'abcdef')],
    ['a length below nothing', body('Content-Length: -1\r\n', '')],
    ['a length in words', body('Content-Length: 0x5\r\n', 'abcde')],
    ['a coding that nobody knows', body('Transfer-Encoding: xchunked\r\n', '0\r\n\r\n')],
    ['chunked, and then something', body('Transfer-Encoding: chunked, identity\r\n', '0\r\n\r\n')],
    ['a chunk of no size', body('Transfer-Encoding: chunked\r\n', 'zz\r\nabc\r\n0\r\n\r\n')],
    ['a chunk larger than all memory', body('Transfer-Encoding: chunked\r\n', 'FFFFFFFFFFFFFFFFF\r\nabc')],
    ['a blank before the colon', get(`${HOST}Connection : close\r\n`)],
    ['a folded header', get(`${HOST}X-A: b\r\n c\r\n${CLOSE}`)],
    ['NUL in a header', get(`${HOST}X-A: b\0c\r\n${CLOSE}`)],
    ['lines without CR', `GET ${known[name]} HTTP/1.1\nHost: node.test\n\n`],
    ['a method that nobody knows', `BREW ${known[name]} HTTP/1.1\r\n${HOST}\r\n`],
    ['a version that nobody knows', get(HOST, '9.9')],
    ['blanks in the address', `GET /a b HTTP/1.1\r\n${HOST}\r\n`],
    ['bytes beyond ASCII in the address', `GET /\xff\xfe HTTP/1.1\r\n${HOST}${CLOSE}\r\n`],
    ['a tunnel', `CONNECT 127.0.0.1:5432 HTTP/1.1\r\n${HOST}\r\n`],
    ['no HTTP at all', '\x16\x03\x01\x02\x00'.padEnd(64, 'x')],
  ])('%s: a problem, or a closed connection', async (_, bytes) => {
    const answers = answersIn(await send(name, bytes))
    expect(answers.length).toBeLessThanOrEqual(1)
    for (const { status, body: said } of answers) {
      expect(status).toBeGreaterThanOrEqual(400)
      expect(status).toBeLessThan(500)
      expect(JSON.parse(said)).toMatchObject({ status, code: expect.any(String), detail: expect.any(String) })
    }
  })

  it.each<[string, string]>([
    ['garbage', 'GARBAGE\r\n\r\n'],
    ['a request that is smuggled behind two lengths', body('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${get(HOST)}`)],
    ['one without a Host', get(CLOSE)],
    ['bytes that end nowhere', '\0\0\0\0'],
  ])('a good request before %s gets its answer, whole and first', async (_, garbage) => {
    const received = await send(name, `${get(HOST)}${garbage}`)
    const [first, ...rest] = answersIn(received)
    expect(first).toMatchObject({ status: 200, body: expect.stringMatching(/^\{/) })
    expect(rest.length).toBeLessThanOrEqual(1)
    for (const { status, body: said } of rest) expect([status, JSON.parse(said)]).toMatchObject([400, { code: 'malformed-request' }])
  })

  it.each<[string, string]>([
    ['garbage', 'GARBAGE\r\n\r\n'],
    ['a good request and garbage', `${get(HOST)}GARBAGE\r\n\r\n`],
    ['a body that breaks off', body('Transfer-Encoding: chunked\r\n', 'zz\r\nabc')],
  ])('whoever sends %s, goes on sending and never closes his side gets the answer and is cut off', async (_, bytes) => {
    const { hostname, port } = new URL(pair.chengdu.node[name] ?? '')
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true }).on('error', () => {})
    const closed = new Promise((resolve) => socket.once('close', resolve))
    let received = ''
    socket.on('data', (chunk) => {
      received += String(chunk)
    })
    socket.write(bytes)
    const dripping = setInterval(() => socket.write('x'), 200)
    await closed
    clearInterval(dripping)
    expect(answersIn(received).at(-1)).toMatchObject({ status: 400 })
  })

  it('requests one behind the other are answered in their order', async () => {
    const received = await send(name, `${get(HOST)}GET /nothing HTTP/1.1\r\n${HOST}\r\n${get(`${HOST}${CLOSE}`)}`)
    expect(answersIn(received).map(({ status }) => status)).toEqual([200, 404, 200])
  })

  it('knows its own answers in older HTTP, and by a whole address', async () => {
    expect(answersIn(await send(name, get('', '1.0'))).map(({ status }) => status)).toEqual([200])
    const whole = `GET http://elsewhere.test${known[name]} HTTP/1.1\r\n${HOST}${CLOSE}\r\n`
    expect(answersIn(await send(name, whole)).map(({ status }) => [200, 400, 404].includes(status))).toEqual([true])
  })
})
