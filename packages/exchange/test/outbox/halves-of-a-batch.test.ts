import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { regionById } from '@hefu/protocol'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { heldMessage } from '../../../testkit/src/held-message.ts'
import { testDatabase } from '../../../testkit/src/postgres/test-database.ts'
import type { Context } from '../../src/context.ts'
import { deliverToPeer } from '../../src/outbox/deliver-to-peer.ts'
import { submitNotice } from '../reconcile/halves.ts'
import { CHONGQING, openTwoNodes, type TwoNodes } from '../reconcile/two-nodes.ts'

// No sweep runs here: what is delivered, the job has delivered.
const databases = { chengdu: testDatabase(), chongqing: testDatabase() }
const between = createServer()
let nodes: TwoNodes
let chengdu: Context
let later = 0
let poison = ''

beforeAll(async () => {
  nodes = await openTwoNodes({ chengdu: databases.chengdu.url, chongqing: databases.chongqing.url })
  const { federation } = nodes.chengdu
  const there = regionById(federation, CHONGQING)
  if (!there) throw new Error('both know Chongqing')
  between.on('request', (request, response) => void pass(there.exchangeUrl, request, response))
  await once(between.listen(0, '127.0.0.1'), 'listening')
  const exchangeUrl = `http://127.0.0.1:${(between.address() as AddressInfo).port}`
  const regionsById = new Map(federation.regionsById).set(CHONGQING, { ...there, exchangeUrl })
  chengdu = { ...nodes.chengdu, federation: { ...federation, regionsById }, now: () => nodes.chengdu.now() + later }
})
afterAll(async () => {
  between.closeAllConnections()
  between.close()
  await nodes[Symbol.asyncDispose]()
})

/** Something between the nodes that breaks on one message. */
async function pass(target: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  if (poison !== '' && body.includes(poison)) return void response.writeHead(500).end()
  const answer = await fetch(`${target}${request.url}`, {
    method: 'POST',
    body,
    headers: { 'content-type': String(request.headers['content-type']) },
  })
  response.writeHead(answer.status, { 'content-type': 'application/json' }).end(Buffer.from(await answer.arrayBuffer()))
}

async function pendingIds(): Promise<string[]> {
  const rows = await chengdu.db.selectFrom('outbox').select('jti').where('state', '=', 'pending').execute()
  return rows.map(({ jti }) => jti)
}

it('the job that splits a batch sends the halves as well, down to the message that breaks them', async () => {
  const written: string[] = []
  for (let n = 0; n < 40; n++) written.push((await submitNotice(chengdu, CHONGQING)).jti)
  const broken = written[16] ?? ''
  poison = await heldMessage(chengdu, broken)

  await deliverToPeer(chengdu, CHONGQING)
  expect(await pendingIds()).toHaveLength(40)
  later = 1_000
  await deliverToPeer(chengdu, CHONGQING)
  expect(await pendingIds()).toEqual([broken])

  const { rows } = await sql<{ batch: number }>`select batch from delivery_attempts where jti = ${broken} order by attempt`.execute(
    chengdu.db,
  )
  const batches = rows.map(({ batch }) => batch)
  expect(batches.slice(0, 2)).toEqual([40, 40])
  for (const [at, batch] of batches.slice(2).entries()) expect(batch).toBeLessThanOrEqual(Math.ceil((batches[at + 1] ?? 0) / 2))
  expect(batches.at(-1)).toBe(1)

  poison = ''
  later = 20_000
  await deliverToPeer(chengdu, CHONGQING)
  expect(await pendingIds()).toEqual([])
})
