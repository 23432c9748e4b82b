import { afterAll, beforeAll, expect, it } from 'vitest'
import { type ApiAnswer, TestNetwork } from '../../src/index.ts'
import { chengdu, chongqing, completion, filing, notice, recognitionRequest, registerExample, transferApplication } from './bodies.ts'
import { query, tableNames } from './observe.ts'

/** People who exist in no example: wherever one of these texts turns up outside the documents themselves, something leaks. */
const canary = {
  name: '欧阳测隐',
  phone: '13987654321',
  address: '测隐街道九千九百号',
  enterprise: '测隐建筑劳务有限公司',
  words: 'CANARY-测隐-free-text',
}

const log: string[] = []
const refusals: string[] = []
let net: TestNetwork
beforeAll(async () => {
  net = await TestNetwork.create([chengdu, chongqing], { logLevel: 'debug', onLog: (line) => log.push(line) })
})
afterAll(async () => await net?.[Symbol.asyncDispose]())

const one = () => net.node(chengdu).as('officer')
const other = () => net.node(chongqing).as('officer')

/** The body with other people in it: every name, number and address of the example is replaced by the canary's. */
function withCanary<T>(body: T, replaced: Readonly<Record<string, string>>): T {
  let text = JSON.stringify(body)
  for (const [real, fake] of Object.entries(replaced)) text = text.replaceAll(real, fake)
  return JSON.parse(text) as T
}

function created(answer: ApiAnswer): string {
  expect([200, 201]).toContain(answer.status)
  return String(answer.body.caseNumber)
}

function refused(answer: ApiAnswer): void {
  expect(answer.status).toBeGreaterThanOrEqual(400)
  refusals.push(JSON.stringify(answer.body), JSON.stringify([...answer.headers]))
}

it('stays in the documents and registers: not in logs, queues, metrics, errors, nor in any table that others read', async () => {
  const certificates = registerExample('certificates')
  const persons = registerExample('insured-persons')
  const holder = (certificates.body.holder as unknown as { name: string; idNumber: string }) ?? {}
  const person = JSON.stringify(persons.body)
  const personName = /"name":"([^"]+)"/.exec(person)?.[1] ?? ''
  const ids = [holder.idNumber, ...new Set([...person.matchAll(/\d{17}[\dX]/g)].map(([id]) => id))].filter((id) => id !== undefined)
  expect(ids.length).toBeGreaterThan(0)
  const people = { [holder.name]: canary.name, [personName]: canary.name }
  // Identity numbers have check characters: those of the examples are searched for as they are.
  const secrets = [...Object.values(canary), ...ids, notice.data && (notice.data as { employer: { uscc: string } }).employer.uscc]

  for (const { path, body } of [certificates, persons]) created(await other().put(path, withCanary(body, people)))
  const employers = registerExample('employers')
  created(await other().put(employers.path, employers.body))

  const facts = `${canary.words}：${canary.name}等人被拖欠工资，地址${canary.address}`
  const data = notice.data as { employer: Record<string, string> }
  const employer = { ...data.employer, name: canary.enterprise, registeredAddress: canary.address, legalRepresentative: canary.name }
  const secretNotice = { ...notice, data: { ...data, employer, facts } }
  const noticed = await one().post('/v1/violation-notices', secretNotice)
  const transfer = created(await one().post('/v1/insurance-transfers', withCanary(transferApplication, people)))
  created(await one().post('/v1/certificate-recognitions', withCanary(recognitionRequest, people)))
  const noticePath = `/v1/violation-notices/${created(noticed)}`
  await net.settle()

  const write = async (officer: ReturnType<typeof one>, path: string, document: string, body: unknown) => {
    const ifMatch = (await officer.get(path)).headers.get('etag') ?? ''
    return await officer.post(`${path}/${document}`, body, { ifMatch })
  }
  created(await write(other(), noticePath, 'filing', { ...filing, data: { ...(filing.data as object), remarks: canary.words } }))
  expect((await one().get(`/v1/insurance-transfers/${transfer}`)).body).toMatchObject({ state: 'informed' })
  created(await write(one(), `/v1/insurance-transfers/${transfer}`, 'completion', completion))

  // What is refused must not come back in the refusal, nor in a log line about it.
  refused(
    await one().post('/v1/violation-notices', { ...secretNotice, data: { ...data, facts: `${canary.words} ${ids[0]} ${canary.phone}` } }),
  )
  refused(await one().post('/v1/violation-notices', { ...secretNotice, [canary.words]: canary.name }))
  refused(await one().post('/v1/violation-notices', { ...secretNotice, data: { ...data, employer: canary.name } }))
  refused(await one().post('/v1/violation-notices', `{"facts":"${canary.words}"`))
  refused(await one().get(`/v1/registers/certificates/${encodeURIComponent(canary.name)}`))
  refused(await one().get(`/v1/cases?${encodeURIComponent(canary.words)}=${encodeURIComponent(canary.name)}`))
  refused(await one().put(certificates.path, { ...certificates.body, holder: { name: canary.name, idNumber: canary.phone } }))
  // A request that the database breaks down on logs an error.
  await query(
    net.node(chengdu).databaseUrl,
    "create function broken() returns trigger language plpgsql as $$ begin raise exception '%', new.message; end $$",
  )
  await query(net.node(chengdu).databaseUrl, 'create trigger broken before insert on documents for each row execute function broken()')
  refused(await one().post('/v1/violation-notices', secretNotice))
  await query(net.node(chengdu).databaseUrl, 'drop trigger broken on documents')
  // So do a peer that cannot be reached and one that answers nonsense.
  net.link(chengdu, chongqing).inject({ kind: 'drop-request' }, { times: 1 })
  net.link(chengdu, chongqing).inject({ kind: 'status', status: 502, body: canary.words }, { times: 1 })
  created(await one().post('/v1/violation-notices', secretNotice))
  await net.settle()
  expect(await net.differences()).toEqual([])

  const seen = await everythingOthersRead()
  const documents = await contents()
  for (const secret of secrets.filter((text): text is string => typeof text === 'string')) {
    for (const [where, text] of seen)
      expect(text.includes(secret) || text.includes(encodeURIComponent(secret)), `${secret} in ${where}`).toBe(false)
  }
  // The search can find: the documents do hold them.
  for (const secret of [canary.name, canary.words, canary.enterprise, canary.address, ...ids])
    expect(documents.includes(secret), secret).toBe(true)
  expect(log.length).toBeGreaterThan(20)
  expect(refusals.length).toBe(16)
})

/** Tables whose purpose is to hold what people wrote; all others must not. */
const mayHold = ['documents', 'register_records', 'effects', 'tasks', 'import_rows', 'quarantine']

async function everythingOthersRead(): Promise<[where: string, text: string][]> {
  const seen: [string, string][] = [
    ['the log', log.join('')],
    ['an error answer', refusals.join('')],
  ]
  for (const { region, databaseUrl, ...node } of net.nodes) {
    const metrics = await fetch(new URL('/metrics', node.as(null).base))
    expect(metrics.status).toBe(200)
    seen.push([`the metrics of ${region}`, await metrics.text()])
    for (const table of (await tableNames(databaseUrl)).filter((name) => !mayHold.includes(name)))
      seen.push([`${table} of ${region}`, await contentOf(databaseUrl, table)])
    const queues = await query<{ name: string }>(databaseUrl, "select tablename as name from pg_tables where schemaname = 'bullmq'")
    for (const { name } of queues) seen.push([`bullmq.${name} of ${region}`, await contentOf(databaseUrl, `bullmq.${name}`)])
  }
  return seen
}

async function contentOf(databaseUrl: string, table: string): Promise<string> {
  const rows = await query<{ text: string }>(databaseUrl, `select t::text as text from ${table} t`)
  return rows.map(({ text }) => decoded(text)).join('\n')
}

/** Signed texts are base64url: what they say is searched too. */
function decoded(text: string): string {
  return `${text} ${[...text.matchAll(/[A-Za-z0-9_-]{80,}/g)].map(([part]) => Buffer.from(part, 'base64url').toString()).join(' ')}`
}

async function contents(): Promise<string> {
  const parts = await Promise.all(net.nodes.flatMap(({ databaseUrl }) => mayHold.map(async (table) => await contentOf(databaseUrl, table))))
  return parts.join('\n')
}
