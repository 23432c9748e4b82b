import { randomBytes } from 'node:crypto'
import { type Answer, type ReceiptLeaf, toBase64url } from '@hefu/protocol'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { SeenAnswer, SeenRequest } from '../../src/faults/fault.ts'
import { type Json, listOf, TestNetwork } from '../../src/index.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'
import { chengdu, chongqing, notice } from './bodies.ts'
import { forgeAnswer, strangersSigner } from './craft.ts'
import { count, query } from './observe.ts'

let net: TestNetwork
let earlier: Answer
beforeAll(async () => {
  net = await TestNetwork.create([chengdu, chongqing])
  const honest = out().inject({
    kind: 'replace-answer',
    replace: ({ body }) => {
      earlier = JSON.parse(body.toString()) as Answer
      return { body }
    },
  })
  await open()
  await net.settle()
  honest.remove()
})
afterAll(async () => await net?.[Symbol.asyncDispose]())
afterEach(async () => {
  out().heal()
  await net.settle()
})

const out = () => net.link(chengdu, chongqing)
const operator = () => net.node(chengdu).as('operator')
const delivery = async (id: string): Promise<Json> => (await operator().get(`/v1/deliveries/${id}`)).body

async function open(): Promise<string> {
  const answer = await net.node(chengdu).as('officer').post('/v1/violation-notices', notice)
  expect(answer.status).toBe(201)
  return String(answer.body.document?.id)
}

const digestOf = async (id: string) =>
  (await query<{ digest: string }>(net.node(chengdu).databaseUrl, 'select digest from documents where jti = $1', [id]))[0]?.digest ?? ''
const leaf = async (id: string, change: Partial<ReceiptLeaf> = {}): Promise<ReceiptLeaf> => ({
  jti: id,
  digest: await digestOf(id),
  status: 'accepted',
  ...change,
})
const parsed = (answer: SeenAnswer) => JSON.parse(answer.body.toString()) as Answer
const jtiOf = (request: SeenRequest) => {
  const payload = request.body.toString().split('.')[1] ?? ''
  return (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { jti: string }).jti
}
const json = (value: unknown) => JSON.stringify(value)
const rotated = <T>(list: readonly T[]): T[] => [...list.slice(1), ...list.slice(0, 1)]

/** `forge` is made before the answer passes, so that it may sign; `lie` turns the true answer into a false one. */
interface Lie {
  readonly name: string
  readonly cause: string
  readonly forge?: (id: string) => Promise<Answer>
  readonly lie?: (answer: SeenAnswer, request: SeenRequest) => string
}

const lies: readonly Lie[] = [
  { name: 'nothing', cause: 'receipt-unreadable', lie: () => '' },
  { name: 'an empty object', cause: 'receipt-unreadable', lie: () => '{}' },
  { name: 'the cut-off answer', cause: 'receipt-unreadable', lie: ({ body }) => body.toString().slice(0, -20) },
  { name: 'an acceptance without a receipt', cause: 'receipt-no-receipt', lie: (answer) => json({ ...parsed(answer), receipts: [] }) },
  { name: 'no entry for the message', cause: 'receipt-unreadable', lie: (answer) => json({ ...parsed(answer), messages: [] }) },
  {
    name: 'a receipt for other bytes',
    cause: 'receipt-path',
    forge: async (id) => await forgeAnswer([await leaf(id, { digest: toBase64url(randomBytes(32)) })], peer()),
  },
  {
    name: 'a receipt for another message',
    cause: 'receipt-path',
    lie: (_, request) => json({ ...earlier, messages: earlier.messages.map((entry) => ({ ...entry, jti: jtiOf(request) })) }),
  },
  {
    name: 'a refusal that the receipt does not cover',
    cause: 'receipt-path',
    lie: (answer) =>
      json({ ...parsed(answer), messages: parsed(answer).messages.map((entry) => ({ ...entry, status: 'refused', reason: 'schema' })) }),
  },
  {
    name: 'a wrong path',
    cause: 'receipt-path',
    lie: (answer) =>
      json({ ...parsed(answer), messages: parsed(answer).messages.map((entry) => ({ ...entry, path: [toBase64url(randomBytes(32))] })) }),
  },
  {
    name: 'a receipt signed by a stranger',
    cause: 'receipt-receipt-signature',
    forge: async (id) => await forgeAnswer([await leaf(id)], strangersSigner()),
  },
  {
    name: 'a receipt signed with the sender’s own key',
    cause: 'receipt-receipt-issuer',
    forge: async (id) => await forgeAnswer([await leaf(id)], net.node(chengdu).signer),
  },
  {
    name: 'a receipt in the sender’s own name',
    cause: 'receipt-receipt-issuer',
    forge: async (id) => await forgeAnswer([await leaf(id)], net.node(chengdu).signer, { iss: chengdu }),
  },
  {
    name: 'a receipt for another region',
    cause: 'receipt-receipt-audience',
    forge: async (id) => await forgeAnswer([await leaf(id)], peer(), { aud: '510700' }),
  },
]
const peer = () => net.node(chongqing).signer

describe('a peer that answers 200 with', () => {
  it.each(lies)('$name: no delivery, an alert, tried again, delivered when it is honest', async ({ cause, forge, lie }) => {
    let forged: string | undefined
    const replaced = out().inject({
      kind: 'replace-answer',
      replace: (answer, request) => ({ body: forged ?? lie?.(answer, request) ?? '' }),
    })
    const held = out().inject({ kind: 'hold' })
    const id = await open()
    await held.hit()
    if (forge) forged = json(await forge(id))
    held.remove()
    await expectNotDelivered(id, cause)
    expect(await count(net.node(chengdu).databaseUrl, 'select count(*) from places where jti = $1', [id])).toBe(0)
    replaced.remove()
    await expectDeliveredInTheEnd([id])
  })
})

async function expectNotDelivered(id: string, cause: string): Promise<void> {
  await waitUntil(async () => Number((await delivery(id)).attempts) >= 1, 10_000)
  const shown = await delivery(id)
  expect(shown).toMatchObject({ state: 'pending', receipt: null, lastFailure: { cause } })
  expect(listOf(shown.history)[0]).toMatchObject({
    cause,
    httpStatus: 200,
    remedy: { zh: expect.stringMatching(/\S/), en: expect.stringMatching(/\S/) },
  })
  const alerts = await operator().all('/v1/alerts?open=true')
  expect(alerts.filter((alert) => String(alert.kind) === 'receipt.unverifiable' && String(alert.jti) === id)).toHaveLength(1)
}

async function expectDeliveredInTheEnd(ids: readonly string[]): Promise<void> {
  await net.settle()
  for (const id of ids) expect(await delivery(id)).toMatchObject({ state: 'delivered', receipt: expect.stringMatching(/\S/) })
  expect(await net.differences()).toEqual([])
}

describe('an answer for several messages', () => {
  async function openTogether(): Promise<string[]> {
    await operator().post(`/v1/peers/${chongqing}/pause`)
    const ids = [await open(), await open(), await open()]
    return ids
  }
  const resume = async () => expect((await operator().post(`/v1/peers/${chongqing}/resume`)).status).toBe(200)

  it('with its entries in another order: none counts', async () => {
    const ids = await openTogether()
    const swapped = out().inject({
      kind: 'replace-answer',
      replace: (answer) => ({
        body: json({
          ...parsed(answer),
          messages: rotated(parsed(answer).messages),
        }),
      }),
    })
    await resume()
    await swapped.hit()
    await expectNotDelivered(ids[0] ?? '', 'receipt-order')
    swapped.remove()
    await expectDeliveredInTheEnd(ids)
  })

  it('that lies about one of them: the others are delivered', async () => {
    const ids = await openTogether()
    const lying = out().inject({
      kind: 'replace-answer',
      replace: (answer) => ({
        body: json({
          ...parsed(answer),
          messages: parsed(answer).messages.map((entry) =>
            entry.jti === ids[1] ? { ...entry, path: [toBase64url(randomBytes(32))] } : entry,
          ),
        }),
      }),
    })
    await resume()
    await lying.hit()
    await expectNotDelivered(ids[1] ?? '', 'receipt-path')
    for (const id of [ids[0], ids[2]]) expect(await delivery(id ?? '')).toMatchObject({ state: 'delivered' })
    lying.remove()
    await expectDeliveredInTheEnd(ids)
  })
})
