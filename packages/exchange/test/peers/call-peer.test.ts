import type { lookup } from 'node:dns'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import { addressRule, guardedLookup, OUTSIDE } from '../../src/peers/address-ranges.ts'
import { getFromPeer, postToPeer } from '../../src/peers/call-peer.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
})

/** A real listener on every address of this machine; answers its port and what it has heard. */
async function listener(handle: RequestListener = (_, response) => response.end('heard')): Promise<{ port: number; heard: string[] }> {
  const heard: string[] = []
  const server = createServer((request, response) => {
    heard.push(`${request.method} ${request.url} ${request.headers['accept-encoding']}`)
    handle(request, response)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve))
  return { port: (server.address() as AddressInfo).port, heard }
}

const LOCAL = ['127.0.0.0/8']

test.each<[string, string[], string]>([
  ['127.0.0.1', LOCAL, 'answer'],
  ['localhost', LOCAL, 'answer'],
  ['127.0.0.1', ['10.0.0.0/8'], 'address'],
  ['localhost', ['10.0.0.0/8'], 'address'],
  ['127.0.0.1', ['0.0.0.0/0', '::/0'], 'address'],
  ['localhost', ['0.0.0.0/0', '::/0'], 'address'],
  ['2130706433', ['0.0.0.0/0'], 'address'],
  ['0x7f000001', ['0.0.0.0/0'], 'address'],
  ['0177.0.0.1', ['0.0.0.0/0'], 'address'],
  ['127.1', ['0.0.0.0/0'], 'address'],
  ['[::ffff:127.0.0.1]', ['0.0.0.0/0', '::/0'], 'address'],
  ['[::ffff:7f00:1]', ['0.0.0.0/0', '::/0'], 'address'],
  ['[::1]', ['::/0', '0.0.0.0/0'], 'address'],
  ['[::]', ['::/0', '0.0.0.0/0'], 'address'],
  ['0.0.0.0', ['0.0.0.0/0', '0.0.0.0/8'], 'address'],
  ['0', ['0.0.0.0/0'], 'address'],
  ['169.254.169.254', ['0.0.0.0/0', '169.254.0.0/16'], 'address'],
  ['[fe80::1]', ['::/0', 'fe80::/10'], 'address'],
  ['224.0.0.1', ['0.0.0.0/0'], 'address'],
  ['255.255.255.255', ['0.0.0.0/0'], 'address'],
  ['10.0.0.1@127.0.0.1', ['10.0.0.0/8'], 'address'],
  ['①②⑦.⓪.⓪.①', ['0.0.0.0/0'], 'address'],
])('host %s within %j: %s', async (host, addresses, expected) => {
  const { port, heard } = await listener()
  const answer = await getFromPeer({ place: { exchangeUrl: `http://${host}:${port}`, addresses }, path: '/x' })
  expect(answer.kind === 'answer' ? 'answer' : answer.cause).toBe(expected)
  // Refused before a connection, not after.
  expect(heard).toEqual(expected === 'answer' ? ['GET /x identity'] : [])
})

test('a name that leads elsewhere at the second look is looked at the second time too', async () => {
  const answers = [['10.0.0.1'], ['127.0.0.1'], ['127.0.0.1', '10.0.0.2'], ['::ffff:127.0.0.1']]
  const resolve = ((_: string, __: object, done: (error: null, addresses: object[]) => void) =>
    done(
      null,
      (answers.shift() ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )) as unknown as typeof lookup
  const guarded = guardedLookup(addressRule(['10.0.0.0/8']), resolve)
  const ask = async () =>
    await new Promise((told) =>
      guarded('rebinding.example', { all: true }, (error, addresses) => told(error ? (error as NodeJS.ErrnoException).code : addresses)),
    )
  expect(await ask()).toEqual([{ address: '10.0.0.1', family: 4 }])
  expect(await ask()).toBe(OUTSIDE)
  expect(await ask()).toEqual([{ address: '10.0.0.2', family: 4 }])
  expect(await ask()).toBe(OUTSIDE)
})

test('the same address under other ranges gets no connection that was made before', async () => {
  const { port, heard } = await listener()
  const exchangeUrl = `http://127.0.0.1:${port}`
  expect((await getFromPeer({ place: { exchangeUrl, addresses: LOCAL }, path: '/1' })).kind).toBe('answer')
  expect(await getFromPeer({ place: { exchangeUrl, addresses: ['10.0.0.0/8'] }, path: '/2' })).toEqual({
    kind: 'no-answer',
    cause: 'address',
  })
  expect(heard.length).toBe(1)
})

test('a redirect is an answer and not a way', async () => {
  const { port: target, heard } = await listener()
  const { port } = await listener((_, response) => response.writeHead(307, { location: `http://127.0.0.1:${target}/secret` }).end())
  const place = { exchangeUrl: `http://127.0.0.1:${port}`, addresses: LOCAL }
  expect(await postToPeer({ place, path: '/x', contentType: 'text/plain', body: 'a' })).toMatchObject({ kind: 'answer', status: 307 })
  expect(heard).toEqual([])
})

test('an answer without end is cut off, and one that is compressed all the same is not unpacked', async () => {
  const { port } = await listener((request, response) => {
    if (request.url === '/packed') return response.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.alloc(1_000_000)))
    const more = () => response.write(Buffer.alloc(65_536), (error) => error ?? setImmediate(more))
    return more()
  })
  const place = { exchangeUrl: `http://127.0.0.1:${port}`, addresses: LOCAL }
  expect(await getFromPeer({ place, path: '/endless', maxAnswerBytes: 1_000_000 })).toEqual({ kind: 'no-answer', cause: 'too-large' })
  const packed = await getFromPeer({ place, path: '/packed', maxAnswerBytes: 10_000 })
  expect(packed.kind === 'answer' && packed.body.length < 2_000).toBe(true)
})

test('a name with a dot at its end reaches nothing, whether this machine can resolve it or not', async () => {
  const { port, heard } = await listener()
  const place = { exchangeUrl: `http://localhost.:${port}`, addresses: ['10.0.0.0/8'] }
  expect(await getFromPeer({ place, path: '/x' })).toMatchObject({ kind: 'no-answer' })
  expect(heard).toEqual([])
})

test('a region that the registry does not have is not called', async () => {
  expect(await getFromPeer({ place: undefined, path: '/x' })).toEqual({ kind: 'no-answer', cause: 'not-in-registry' })
})
