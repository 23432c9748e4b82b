import { createHash, createHmac } from 'node:crypto'
import { type LogEntry, parseLogEntry } from '@hefu/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { holdWrites } from '../../src/faults/hold-lock.ts'
import { TestNetwork } from '../../src/index.ts'
import { chengdu, chongqing, notice, registerExample } from '../faults/bodies.ts'
import { query } from '../faults/observe.ts'

let net: TestNetwork
let caseNumber: string
let documentId: string
beforeAll(async () => {
  net = await TestNetwork.create([chengdu, chongqing])
  const opened = await officer().post('/v1/violation-notices', notice)
  expect(opened.status).toBe(201)
  caseNumber = String(opened.body.caseNumber)
  documentId = String(opened.body.document?.id)
  await net.settle()
})
afterAll(async () => await net?.[Symbol.asyncDispose]())

const officer = () => net.node(chengdu).as('officer')
const operator = () => net.node(chengdu).as('operator')

async function entries<Kind extends LogEntry['kind']>(kind: Kind): Promise<Extract<LogEntry, { kind: Kind }>[]> {
  await net.settle()
  const { databaseUrl } = net.node(chengdu)
  const rows = await query<{ entry: string }>(databaseUrl, 'select entry from log_entries where kind = $1 order by index', [kind])
  return rows.map(({ entry }) => {
    const parsed = parseLogEntry(Buffer.from(entry))
    if (!parsed.ok) throw new Error(`${parsed.code}: ${entry}`)
    return parsed.entry as Extract<LogEntry, { kind: Kind }>
  })
}

describe('a read', () => {
  it('says who, what, which case, why and whose', async () => {
    expect((await officer().get(`/v1/cases/${caseNumber}/documents/${documentId}`)).status).toBe(200)
    const read = (await entries('access.read')).at(-1)
    expect(read).toEqual({
      v: 1,
      kind: 'access.read',
      at: expect.any(Number),
      actor: createHmac('sha256', net.node(chengdu).node.ctx.actorKey).update('sandbox-officer').digest('base64url'),
      client: 'sandbox-officer',
      role: 'officer',
      what: 'read-case-document',
      cases: [caseNumber],
      purpose: (notice as { purpose: string }).purpose,
      affair: caseNumber,
      owner: chengdu,
    })
  })

  it('of one case, by whichever of its parts, says why; a list over many, and the log itself, do not', async () => {
    const before = (await entries('access.read')).length
    const auditor = net.node(chengdu).as('auditor')
    const ofCase = [
      `/v1/violation-notices/${caseNumber}`,
      ...['', '/documents', '/timeline', '/evidence', '/next'].map((part) => `/v1/cases/${caseNumber}${part}`),
    ]
    for (const path of ofCase) expect((await officer().get(path)).status).toBe(200)
    for (const path of [`/v1/cases/${caseNumber}`, `/v1/receipts?case=${caseNumber}`]) expect((await auditor.get(path)).status).toBe(200)
    for (const path of ['/v1/cases', `/v1/exchange-log/entries?case=${caseNumber}`]) expect((await auditor.get(path)).status).toBe(200)
    const reads = (await entries('access.read')).slice(before).filter(({ role }) => role !== 'peer')
    const { purpose } = notice as { purpose: string }
    expect(reads.map(({ cases, purpose: stated }) => ({ cases, stated }))).toEqual([
      ...Array.from({ length: ofCase.length + 2 }, () => ({ cases: [caseNumber], stated: purpose })),
      ...Array.from({ length: 2 }, () => ({ cases: [caseNumber], stated: undefined })),
    ])
  })

  it('of many cases names their number and a digest of the list', async () => {
    const numbers = [caseNumber]
    for (let n = 0; n < 21; n++) numbers.push(String((await officer().post('/v1/violation-notices', notice)).body.caseNumber))
    const lists = await Promise.all([officer().get('/v1/cases?limit=20'), officer().get('/v1/violation-notices?limit=22')])
    expect(lists.map(({ status }) => status)).toEqual([200, 200])
    const reads = (await entries('access.read')).filter(({ what }) => what.startsWith('list-'))
    expect(reads.findLast(({ what }) => what === 'list-cases')?.cases).toHaveLength(20)
    const long = reads.find(({ what }) => what === 'list-violation-notice')
    expect([long?.cases, long?.count]).toEqual([undefined, 22])
    const text = numbers
      .toSorted()
      .map((one) => `${one}\n`)
      .join('')
    expect(long?.digest).toBe(createHash('sha256').update(text).digest('base64url'))
  })

  it('is committed before it is answered', async () => {
    await using lock = await holdWrites(net.node(chengdu).databaseUrl, 'log_pending')
    let answered = false
    const reading = officer()
      .get(`/v1/cases/${caseNumber}`)
      .finally(() => {
        answered = true
      })
    await lock.blocks()
    expect(answered).toBe(false)
    await lock.release()
    expect((await reading).status).toBe(200)
  })

  it('that cannot be logged is not answered', async () => {
    const { databaseUrl } = net.node(chengdu)
    const { path, body } = registerExample('employers')
    expect((await officer().put(path, body)).status).toBe(201)
    await net.settle()
    await query(databaseUrl, "create function no_reads() returns trigger language plpgsql as $$ begin raise exception 'full'; end $$")
    await query(
      databaseUrl,
      "create trigger no_reads before insert on log_pending for each row when (new.kind = 'access.read') execute function no_reads()",
    )
    try {
      const auditor = net.node(chengdu).as('auditor')
      for (const answer of [
        await officer().get(`/v1/cases/${caseNumber}/documents/${documentId}`),
        await officer().get(path),
        await auditor.get('/v1/exchange-log/entries'),
        await auditor.get('/v1/exchange-log/receipts'),
        await auditor.get('/v1/exchange-log/bundles/000.p/1'),
      ]) {
        expect([answer.status, answer.body.code]).toEqual([503, 'unavailable'])
        expect(JSON.stringify(answer.body)).not.toContain('message')
      }
      // What shows nothing needs no entry.
      expect((await operator().get('/v1/peers')).status).toBe(200)
    } finally {
      await query(databaseUrl, 'drop trigger no_reads on log_pending')
    }
    expect((await officer().get(path)).status).toBe(200)
  })
})

it('an operator’s acts are entries', async () => {
  for (const act of ['pause', 'resume']) expect((await operator().post(`/v1/peers/${chongqing}/${act}`)).status).toBe(200)
  await query(
    net.node(chengdu).databaseUrl,
    "insert into alerts (id, at, kind, key, detail) values ('019aa000-0000-7000-8000-000000000001', now(), 'clock-skew', 'test', '{}')",
  )
  const acknowledge = async () => await operator().post('/v1/alerts/019aa000-0000-7000-8000-000000000001/acknowledge')
  expect([(await acknowledge()).status, (await acknowledge()).status]).toEqual([204, 204])
  const by = { client: 'sandbox-operator', role: 'operator' }
  const acts = (await entries('admin.change')).map(({ v, at, kind, ...act }) => act)
  expect(acts.filter(({ role }) => role === 'operator')).toEqual([
    { ...by, action: 'peer.paused', subject: chongqing },
    { ...by, action: 'peer.resumed', subject: chongqing },
    { ...by, action: 'alert.acknowledged', subject: '019aa000-0000-7000-8000-000000000001' },
  ])
})

const acts = async (role: string) =>
  (await entries('admin.change')).filter((act) => act.role === role).map(({ v, at, kind, ...act }) => act)

it('an officer’s acts that are no documents are entries: a record stands under a digest that nobody outside can try out', async () => {
  const { path, body } = registerExample('employers')
  const before = (await acts('officer')).length
  expect((await officer().put(path, body)).status).toBeLessThan(300)
  expect((await officer().put(path, body)).status).toBe(200)
  const file = `${JSON.stringify(body)}\n`
  const imported = await officer().post('/v1/imports?target=employers', file, { headers: { 'content-type': 'application/x-ndjson' } })
  expect(imported.status).toBe(202)
  const own = (await acts('officer')).slice(before)
  expect(own.map(({ action }) => action)).toEqual([
    expect.stringMatching(/^register\.record-(created|updated)$/),
    'register.record-updated',
    'import.created',
  ])
  const [created, updated, file_] = own.map(({ subject }) => String(subject))
  expect(updated).toBe(created)
  expect(created).toMatch(/^employers\/[\w-]{43}$/)
  const id = decodeURIComponent(path.split('/').at(-1) ?? '')
  const audited = await query<{ subject: string }>(
    net.node(chengdu).databaseUrl,
    "select subject from audit where action like 'register.record-%'",
  )
  for (const plain of [id, ...audited.map(({ subject }) => subject)]) expect(created).not.toContain(plain)
  expect(file_).toBe(String(imported.body.id))
})
