import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { MAX_ADD_CHECKPOINT_BYTES } from '@hefu/translog'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MAX_CONNECTIONS } from '../src/http/listen.ts'
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
  it('with bodies as large as they may be, many at once: each is refused, and the node stays ready', async () => {
    const body = `old 0\n${'A'.repeat(MAX_ADD_CHECKPOINT_BYTES - 6)}`
    const statuses = await Promise.all(
      Array.from({ length: 400 }, async () => {
        const response = await fetch(`${exchange()}${WITNESS}`, { method: 'POST', body })
        await response.text()
        return response.status
      }),
    )
    expect(new Set(statuses)).toEqual(new Set([400]))
    const larger = await fetch(`${exchange()}${WITNESS}`, { method: 'POST', body: `${body}A` })
    expect(larger.status).toBe(413)
    expect([await isReady(), await checkpoint()]).toEqual([true, 200])
  })

  it('with requests that never end: they hold no worker, and others are answered beside them', async () => {
    const sockets = await Promise.all(Array.from({ length: 100 }, slow))
    expect([await isReady(), await checkpoint()]).toEqual([true, 200])
    for (const socket of sockets) socket.destroy()
  })

  it('with more connections than there may be: the rest is turned away, the own bureaus are served, and it ends with them', async () => {
    const sockets = await Promise.all(Array.from({ length: MAX_CONNECTIONS + 20 }, slow))
    await expect.poll(() => sockets.filter(({ destroyed }) => destroyed).length, { timeout: 5_000 }).toBeGreaterThanOrEqual(20)
    expect((await call(pair.chengdu, '/v1/cases')).status).toBe(200)
    expect(await isReady()).toBe(true)
    const lines = pair.chengdu.log.filter((line) => line.includes('listener.full'))
    expect(lines.map((line) => JSON.parse(line).listener)).toEqual(['exchange'])
    for (const socket of sockets) socket.destroy()
    await expect.poll(async () => await checkpoint().catch(() => 0), { timeout: 5_000 }).toBe(200)
  })
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
  expect(new Set(statuses)).toEqual(new Set([200]))
  await expect.poll(reads, { timeout: 15_000 }).toBeGreaterThanOrEqual(before + 300)
  expect((await logState.readNow()).pendingMs).toBeLessThan(30_000)
  expect(await isReady()).toBe(true)
})
