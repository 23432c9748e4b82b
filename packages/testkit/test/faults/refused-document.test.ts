import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Json, listOf, TestNetwork } from '../../src/index.ts'
import { chengdu, chongqing, correction, filing, notice, retraction } from './bodies.ts'
import { count } from './observe.ts'

// A message lives thirty days: what reaches a peer later than that is refused `expired`, with a receipt.
const tooLateMs = 31 * 86_400_000

let net: TestNetwork
beforeAll(async () => {
  net = await TestNetwork.create([chengdu, chongqing])
})
afterAll(async () => await net?.[Symbol.asyncDispose]())

const one = () => net.node(chengdu).as('officer')
const other = () => net.node(chongqing).as('officer')
const operator = () => net.node(chengdu).as('operator')

async function open(): Promise<string> {
  const answer = await one().post('/v1/violation-notices', notice)
  expect(answer.status).toBe(201)
  return `/v1/violation-notices/${answer.body.caseNumber}`
}

/** Adds a document to the case as it stands on the writer's node; answers its id. */
async function add(officer: ReturnType<typeof one>, path: string, document: string, body: unknown): Promise<string> {
  const ifMatch = (await officer.get(path)).headers.get('etag') ?? ''
  const answer = await officer.post(`${path}/${document}`, body, { ifMatch })
  expect(answer.status).toBe(201)
  return String(answer.body.document?.id)
}

/** What is written within is refused by the other side. */
async function whileRefusing<T>(work: () => Promise<T>): Promise<T> {
  await net.moveClock(tooLateMs, chongqing)
  try {
    const done = await work()
    await net.settle()
    return done
  } finally {
    await net.moveClock(-tooLateMs, chongqing)
  }
}

/** In no particular order: what was refused has no place in the case. */
const standings = (read: Json) =>
  listOf(read.documents)
    .map(({ document, standing }) => `${document} ${standing}`)
    .toSorted()
const openTasks = async (path: string) =>
  (await one().all(`/v1/tasks?state=open&case=${path.split('/').at(-1)}`)).map(({ document, title }) => ({
    document,
    en: String(title?.en),
  }))

/** What happened in the case and what is to be done about it, as an officer reads it: in Chinese without a Latin word, in English without a Han character. */
async function expectReadable(officer: ReturnType<typeof one>, path: string): Promise<Json[]> {
  const caseNumber = path.split('/').at(-1)
  const events = listOf((await officer.get(`/v1/cases/${caseNumber}/timeline`)).body.items)
  const tasks = await officer.all(`/v1/tasks?case=${caseNumber}`)
  const texts = [...events, ...tasks].map(({ title }) => ({ zh: String(title?.zh), en: String(title?.en) }))
  expect(texts.length).toBeGreaterThan(0)
  for (const { zh, en } of texts) {
    expect(zh).toMatch(/^[^A-Za-z]*\p{Script=Han}[^A-Za-z]*$/u)
    expect(en).toMatch(/^[^\p{Script=Han}]+$/u)
  }
  return [...events]
}

it('in the middle of a case: refused on both sides, an officer is asked for a new one, and the case goes on', async () => {
  const path = await open()
  await net.settle()
  const id = await whileRefusing(async () => await add(one(), path, 'correction', correction))

  expect((await operator().get(`/v1/deliveries/${id}`)).body).toMatchObject({
    state: 'refused',
    refusal: 'expired',
    receipt: expect.stringMatching(/\S/),
  })
  expect((await operator().all('/v1/alerts')).map(({ kind, jti }) => `${kind} ${jti}`)).toContain(`message.refused ${id}`)
  expect(await openTasks(path)).toEqual([{ document: 'correction', en: expect.stringContaining('delivery horizon') }])
  for (const officer of [one(), other()]) {
    const { body } = await officer.get(path)
    expect(body).toMatchObject({ state: 'notified' })
    expect(standings(body)).toEqual(['correction refused', 'notice effective'])
    const events = await expectReadable(officer, path)
    expect(events.find(({ kind }) => String(kind) === 'document.refused')).toMatchObject({
      document: 'correction',
      title: { zh: expect.stringContaining('已超过投递期限') },
    })
  }
  // The receiver has kept none of its content.
  expect(await count(net.node(chongqing).databaseUrl, 'select count(*) from documents where jti = $1 and message is null', [id])).toBe(1)
  expect(await net.differences()).toEqual([])

  await add(one(), path, 'correction', correction)
  await net.settle()
  await add(other(), path, 'filing', filing)
  await net.settle()
  for (const officer of [one(), other()]) {
    const { body } = await officer.get(path)
    expect(body).toMatchObject({ state: 'filed' })
    expect(standings(body)).toEqual(['correction effective', 'correction refused', 'filing effective', 'notice effective'])
  }
  expect(await net.differences()).toEqual([])
})

it('with a successor that has not left: the successor is never sent, and a new one is judged normally', async () => {
  const path = await open()
  await net.settle()
  const [, successor] = await whileRefusing(async () => {
    const held = net.link(chengdu, chongqing).inject({ kind: 'hold' }, { times: 1 })
    const first = await add(one(), path, 'correction', correction)
    await held.hit()
    const second = await add(one(), path, 'retraction', retraction)
    held.remove()
    return [first, second] as const
  })
  expect((await operator().get(`/v1/deliveries/${successor}`)).body).toMatchObject({ state: 'cancelled' })
  expect(await count(net.node(chongqing).databaseUrl, 'select count(*) from inbox where jti = $1', [successor])).toBe(0)
  for (const officer of [one(), other()]) expect((await officer.get(path)).body).toMatchObject({ state: 'notified' })
  expect(await net.differences()).toEqual([])
  // What was never sent may be asked for again like what was refused.
  expect((await operator().post(`/v1/deliveries/${successor}/send-again`)).status).toBe(200)
  expect((await openTasks(path)).map(({ en }) => en)).toEqual([
    expect.stringContaining('the peer refused it'),
    expect.stringContaining('it was never sent'),
  ])
  await expectReadable(one(), path)

  await add(one(), path, 'retraction', retraction)
  await net.settle()
  for (const officer of [one(), other()]) expect((await officer.get(path)).body).toMatchObject({ state: 'retracted', final: true })
  expect(await net.differences()).toEqual([])
})

it('with a successor that had left already: the successor stands', async () => {
  const path = await open()
  await net.settle()
  await operator().post(`/v1/peers/${chongqing}/pause`)
  await add(one(), path, 'correction', correction)
  await net.moveClock(tooLateMs)
  // Both go in one request: the first has expired on its way, the second is new.
  await add(one(), path, 'retraction', retraction)
  await operator().post(`/v1/peers/${chongqing}/resume`)
  await net.settle()
  for (const officer of [one(), other()]) {
    const { body } = await officer.get(path)
    expect(standings(body)).toEqual(['correction refused', 'notice effective', 'retraction effective'])
    expect(body).toMatchObject({ state: 'retracted' })
  }
  expect(await net.differences()).toEqual([])
  await net.moveClock(-tooLateMs)
})

it('as the first of its case: undelivered on the owner’s node alone', async () => {
  const casesThere = await count(net.node(chongqing).databaseUrl, 'select count(*) from cases')
  const path = await whileRefusing(open)
  const { body } = await one().get(path)
  expect(body).toMatchObject({ state: 'undelivered', final: true })
  expect(standings(body)).toEqual(['notice refused'])
  expect(listOf(body.next).filter(({ allowed }) => String(allowed) === 'true')).toEqual([])
  expect(await count(net.node(chongqing).databaseUrl, 'select count(*) from cases')).toBe(casesThere)
  expect((await other().get(path)).status).toBe(404)
  const events = await expectReadable(one(), path)
  expect(events.map(({ kind }) => kind)).toContain('case.undelivered')
  expect(await openTasks(path)).toEqual([{ document: 'notice', en: expect.stringContaining('delivery horizon') }])
  expect(await net.differences()).toEqual([])
  // The operator asks for it again: the same task, not a second one.
  const again = await operator().post(`/v1/deliveries/${String(listOf(body.documents)[0]?.id)}/send-again`)
  expect(again.status).toBe(200)
  expect(await openTasks(path)).toHaveLength(1)
})
