import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createMetrics } from '@hefu/exchange'
import { MAX_ADD_CHECKPOINT_BYTES } from '@hefu/translog'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MAX_ARRIVING } from '../src/http/limits.ts'
import { listen } from '../src/http/listen.ts'
import { openApp } from '../src/http/open-app.ts'
import { call, startPair, type TestPair } from './node-pair.ts'

let pair: TestPair
beforeAll(async () => {
  pair = await startPair()
})
afterAll(async () => await pair[Symbol.asyncDispose]())

const exchange = () => pair.chengdu.node.exchange ?? ''
const WITNESS = '/exchange/v1/witness/add-checkpoint'

const isReady = async () => (await fetch(`${pair.chengdu.node.api}/readyz`)).status === 200
/** What an honest peer asks for. */
const checkpoint = async () => (await fetch(`${exchange()}/exchange/v1/log/checkpoint`)).status

async function open(text: string): Promise<Socket> {
  const { hostname, port } = new URL(exchange())
  const socket = connect(Number(port), hostname).on('error', () => {})
  await once(socket, 'connect')
  socket.write(text)
  return socket
}

/** A request whose body is announced and comes only in part. */
const slow = async () =>
  await open(
    `POST ${WITNESS} HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: ${MAX_ADD_CHECKPOINT_BYTES}\r\n\r\nold 0\n`,
  )

describe('whoever floods the exchange listener', () => {
  it('with bodies as large as they may be, many at once: each is refused or told to wait, and the node is ready after them', async () => {
    const body = `old 0\n${'A'.repeat(MAX_ADD_CHECKPOINT_BYTES - 6)}`
    const statuses = await Promise.all(
      Array.from({ length: 400 }, async () => {
        const response = await fetch(`${exchange()}${WITNESS}`, { method: 'POST', body })
        await response.text()
        return response.status
      }),
    )
    expect(statuses.filter((status) => status !== 400 && status !== 503)).toEqual([])
    await expect.poll(checkpoint, { timeout: 10_000 }).toBe(200)
    const larger = await fetch(`${exchange()}${WITNESS}`, { method: 'POST', body: `${body}A` })
    expect(larger.status).toBe(413)
    expect([await isReady(), await checkpoint()]).toEqual([true, 200])
  })

  it('with requests that never end: they hold no worker, and others are answered beside them', async () => {
    const sockets = await Promise.all(Array.from({ length: 100 }, slow))
    expect([await isReady(), await checkpoint()]).toEqual([true, 200])
    for (const socket of sockets) socket.destroy()
  })

  it('with more of them than may arrive at once: the first are cut off, and nobody else notices', async () => {
    const sockets = await Promise.all(Array.from({ length: MAX_ARRIVING + 20 }, slow))
    const cut = () => sockets.filter(({ closed }) => closed).length
    await expect.poll(cut, { timeout: 10_000 }).toBe(20)
    for (let turn = 0; turn < 20; turn++) expect(await checkpoint()).toBe(200)
    const whole = await fetch(`${exchange()}${WITNESS}`, { method: 'POST', body: 'old 0\n' })
    expect(whole.status).toBe(400)
    expect((await call(pair.chengdu, '/v1/cases')).status).toBe(200)
    expect(await isReady()).toBe(true)
    for (const socket of sockets) socket.destroy()
  })
})

it('a listener that turns connections away says so once', async () => {
  const lines: string[] = []
  const app = await openApp({ log: pino({}, { write: (line: string) => void lines.push(line) }), metrics: createMetrics() }, 'exchange')
  const listener = await listen(app, { host: '127.0.0.1', port: 0 })
  app.server.maxConnections = 2
  const { hostname, port } = new URL(listener.url)
  const sockets = Array.from({ length: 5 }, () => connect(Number(port), hostname).on('error', () => {}))
  await expect.poll(() => sockets.filter(({ closed }) => closed).length, { timeout: 5_000 }).toBe(3)
  expect(lines.map((line) => JSON.parse(line)).filter(({ event }) => event === 'listener.full')).toMatchObject([{ listener: 'exchange' }])
  for (const socket of sockets) socket.destroy()
  await listener.close()
})

it('a flood of reads: each has its entry, the log keeps up, and the node stays ready', async () => {
  const { db, logState } = pair.chengdu.node.ctx
  const reads = async () =>
    Number(
      (
        await db
          .selectFrom('log_entries')
          .select(({ fn }) => fn.countAll().as('n'))
          .where('kind', '=', 'access.read')
          .executeTakeFirstOrThrow()
      ).n,
    )
  const before = await reads()
  const statuses = await Promise.all(Array.from({ length: 300 }, async () => (await call(pair.chengdu, '/v1/cases')).status))
  // What is turned away under load shows nothing.
  const shown = statuses.filter((status) => status === 200).length
  expect([shown > 0, statuses.filter((status) => status !== 200 && status !== 503)]).toEqual([true, []])
  await expect.poll(reads, { timeout: 15_000 }).toBe(before + shown)
  expect((await logState.readNow()).pendingMs).toBeLessThan(30_000)
  expect(await isReady()).toBe(true)
})
