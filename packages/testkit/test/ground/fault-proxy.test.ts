import { createServer, type Server } from 'node:http'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type FaultProxy, startFaultProxy } from '../../src/faults/fault-proxy.ts'

let server: Server
let target: string
let bodies: string[]
let hosts: (string | undefined)[]
let proxy: FaultProxy

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      bodies.push(body)
      hosts.push(request.headers.host)
      response.writeHead(201, { 'content-type': 'text/plain', 'x-from': 'target' }).end(`echo ${body}`)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no address')
  target = `http://127.0.0.1:${address.port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(async () => {
  bodies = []
  hosts = []
  proxy = await startFaultProxy({ target })
})
afterEach(() => proxy.stop())

const send = async (body: string) => {
  const response = await fetch(`${proxy.url}/exchange/v1/inbox?x=1`, { method: 'POST', body, headers: { 'content-type': 'text/plain' } })
  return {
    status: response.status,
    from: response.headers.get('x-from'),
    type: response.headers.get('content-type'),
    body: await response.text(),
  }
}

test('without a fault it changes nothing, Host included', async () => {
  expect(await send('合符')).toEqual({ status: 201, from: 'target', type: 'text/plain', body: 'echo 合符' })
  expect(hosts).toEqual([new URL(proxy.url).host])
  expect(proxy.counts()).toEqual({ requests: 1, forwarded: 1, answered: 1 })
  expect(proxy.exchanges()[0]?.request.path).toBe('/exchange/v1/inbox?x=1')
})

test('a dropped request never reaches the target, a dropped answer does', async () => {
  const dropped = proxy.inject({ kind: 'drop-request' }, { times: 1 })
  await expect(send('a')).rejects.toThrow()
  expect(bodies).toEqual([])
  proxy.inject({ kind: 'drop-answer' }, { times: 1 })
  await expect(send('b')).rejects.toThrow()
  expect(bodies).toEqual(['b'])
  expect((await send('c')).body).toBe('echo c')
  expect(dropped.hits()).toBe(1)
  expect(proxy.counts()).toEqual({ requests: 3, forwarded: 2, answered: 1 })
})

test('a duplicate arrives twice and is answered once', async () => {
  proxy.inject({ kind: 'duplicate' }, { times: 1 })
  expect((await send('twin')).body).toBe('echo twin')
  expect(bodies).toEqual(['twin', 'twin'])
})

test('corruption changes one bit and keeps the length', async () => {
  proxy.inject({ kind: 'corrupt', part: 'request' }, { times: 1 })
  expect((await send('aaaa')).body).toBe('echo aa`a')
  const inAnswer = proxy.inject({ kind: 'corrupt', part: 'answer' })
  expect((await send('aaaa')).body).toBe('echo!aaaa')
  inAnswer.remove()
  expect((await send('aaaa')).body).toBe('echo aaaa')
})

test('a proxy on the way answers in the place of the target', async () => {
  proxy.inject({ kind: 'status', status: 502 }, { times: 1 })
  const bad = await send('a')
  expect([bad.status, bad.from, bad.type]).toEqual([502, null, 'text/html'])
  expect(bad.body).toContain('<h1>502</h1>')
  proxy.inject({ kind: 'status', status: 429, body: '{}', contentType: 'application/json', headers: { 'retry-after': '2' } }, { times: 1 })
  expect((await send('a')).status).toBe(429)
  expect(bodies).toEqual([])
})

test('an answer is replaced by a function of the true one', async () => {
  proxy.inject({ kind: 'replace-answer', replace: (answer, request) => ({ status: 200, body: `${answer.body}!${request.body}` }) })
  expect(await send('x')).toMatchObject({ status: 200, body: 'echo x!x' })
})

test('held requests wait for the release; only those that match', async () => {
  const held = proxy.inject({ kind: 'hold' }, { when: (request) => request.body.toString() === 'wait' })
  const waiting = send('wait')
  await held.hit()
  expect((await send('pass')).body).toBe('echo pass')
  expect(bodies).toEqual(['pass'])
  held.remove()
  expect((await waiting).body).toBe('echo wait')
})

test('a cut link refuses or hangs until it heals', async () => {
  proxy.inject({ kind: 'cut', how: 'refuse' })
  await expect(send('a')).rejects.toThrow()
  proxy.heal()
  const hanging = proxy.inject({ kind: 'cut', how: 'hang' })
  const outcome = send('b').then(
    () => 'answered',
    () => 'reset',
  )
  await hanging.hit()
  proxy.heal()
  expect(await outcome).toBe('reset')
  expect((await send('c')).body).toBe('echo c')
  expect(bodies).toEqual(['c'])
})

test('faults work together; a delay delays', async () => {
  proxy.inject({ kind: 'delay', ms: 30 })
  proxy.inject({ kind: 'corrupt', part: 'request' })
  const begun = performance.now()
  expect((await send('aaaa')).body).toBe('echo aa`a')
  expect(performance.now() - begun).toBeGreaterThanOrEqual(29)
  expect(proxy.exchanges()[0]?.faults).toEqual(['delay', 'corrupt'])
})

test('a target that is away looks like a reset connection', async () => {
  await proxy.stop()
  proxy = await startFaultProxy({ target: 'http://127.0.0.1:1' })
  await expect(send('a')).rejects.toThrow()
})
