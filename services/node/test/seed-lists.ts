import { randomUUID } from 'node:crypto'
import { certificateRecognition, certificates, employers, insuranceTransfer, insuredPersons, violationNotice } from '@hefu/procedures'
import { call, type TestNode, type TestPair, until } from './node-pair.ts'

type Example = Readonly<Record<string, unknown>>

const caseProcedures = [violationNotice, insuranceTransfer, certificateRecognition]
const employer = employers.examples[0]?.data as Example
const notice = violationNotice.documents.notice?.examples[0]?.body as Example
const day = 86_400_000

/** Puts at least two items into every list of Chengdu's node, and items of every kind that a filter tells apart; answers the import's id. */
export async function seedLists(pair: TestPair): Promise<{ importId: string }> {
  await openCases(pair)
  const importId = await keepRecords(pair.chengdu)
  await until(
    async () => (await call(pair.chengdu, '/v1/tasks?state=open')).body.items,
    (items) => items.length >= 2,
  )
  await until(
    async () => (await call(pair.chengdu, '/v1/deliveries?limit=200', { as: 'operator' })).body.items,
    (items) => items.length >= 7 && items.every(({ state }) => state === 'delivered'),
  )
  const [task] = (await call(pair.chengdu, '/v1/tasks')).body.items
  await call(pair.chengdu, `/v1/tasks/${task?.id}/close`, { method: 'POST' })
  await insertRows(pair.chengdu)
  await reconcileTwice(pair.chengdu)
  return { importId }
}

/** Two of each procedure here, one of them retracted; two that the peer opened and that ask something of an officer here. */
async function openCases({ chengdu, chongqing }: TestPair): Promise<void> {
  for (const procedure of [...caseProcedures, ...caseProcedures]) {
    const [starting] = Object.values(procedure.documents).filter(({ starts }) => starts)
    await created(chengdu, `/v1/${procedure.path}`, starting?.examples[0]?.body)
  }
  const path = `/v1/violation-notices/${await created(chengdu, '/v1/violation-notices', notice)}`
  const etag = (await call(chengdu, path)).headers.get('etag') ?? ''
  await created(chengdu, `${path}/retraction`, violationNotice.documents.retraction?.examples[0]?.body, { 'if-match': etag })
  for (let times = 0; times < 2; times += 1)
    await created(chongqing, '/v1/violation-notices', { ...notice, from: '500000-0001', to: '510100-0001' })
}

async function created(node: TestNode, path: string, body: unknown, headers: Record<string, string> = {}): Promise<string> {
  const reply = await call(node, path, { body, headers })
  if (reply.status !== 201) throw new Error(`${path}: ${JSON.stringify(reply.body)}`)
  return reply.body.caseNumber
}

/** Two employers come with an import that has two bad rows. */
async function keepRecords(node: TestNode): Promise<string> {
  for (const register of [certificates, insuredPersons]) {
    for (const { data } of register.examples) {
      const { status } = await call(node, `/v1/registers/${register.name}/${(data as Example)[register.id]}`, { method: 'PUT', body: data })
      if (status !== 201) throw new Error(`${register.name}: ${status}`)
    }
  }
  const rows = [employer, { bad: 1 }, { ...employer, uscc: '914403001922038216' }, { bad: 2 }]
  const { body } = await call(node, '/v1/imports?target=employers', {
    raw: rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
    headers: { 'content-type': 'application/x-ndjson' },
  })
  await until(
    async () => (await call(node, `/v1/imports/${body.id}`)).body.state,
    (state) => state === 'done',
  )
  return body.id
}

/** What takes an outage, an operator or years to come about: as its store would have it. */
async function insertRows({ node: { ctx } }: TestNode): Promise<void> {
  const now = ctx.now()
  const cases = await ctx.db.selectFrom('cases').select('case_number').where('agency', '=', '510100-0001').limit(2).execute()
  const later = { next_attempt_at: new Date(now + day), created_at: new Date(now), expires_at: new Date(now + 2 * day), bytes: 1 }
  const outgoing = [
    { state: 'pending', deferrals: 0, peer: '500000' },
    { state: 'pending', deferrals: 2, peer: '500000' },
    { state: 'pending', deferrals: 1, peer: '610000' },
    { state: 'refused', deferrals: 0, peer: '500000' },
    { state: 'cancelled', deferrals: 0, peer: '500000' },
  ] as const
  const first = cases[0]?.case_number ?? ''
  await ctx.db
    .insertInto('outbox')
    .values(outgoing.map((row) => ({ ...later, ...row, jti: randomUUID(), digest: randomUUID(), case_number: first })))
    .execute()
  const alert = { at: new Date(now), kind: 'apply.failed', detail: JSON.stringify({ error: 'Error' }) }
  await ctx.db
    .insertInto('alerts')
    .values([null, new Date(now), null].map((acknowledged_at) => ({ ...alert, id: randomUUID(), key: randomUUID(), acknowledged_at })))
    .execute()
  const amounts = { pool_yuan: '1.00', personal_yuan: '2.00', total_yuan: '3.00', insurance_type: '110' }
  const entry = { ...amounts, agency: '510100-0001', key: 'settlement', payer: '500000', payee: '510100', completed_on: '2026-01-01' }
  await ctx.db
    .insertInto('settlement_entries')
    .values(cases.map(({ case_number }) => ({ ...entry, case_number, digest: randomUUID(), created_at: new Date(now) })))
    .execute()
}

async function reconcileTwice(node: TestNode): Promise<void> {
  const today = new Date(node.node.ctx.now() + day / 3).toISOString().slice(0, 10)
  for (let times = 0; times < 2; times += 1) {
    const body = { peer: '500000', from: today, to: today }
    const { status } = await call(node, '/v1/reconciliations', { as: 'operator', body })
    if (status !== 202) throw new Error(`reconciliation: ${status}`)
  }
  await until(
    async () => (await call(node, '/v1/reconciliations', { as: 'operator' })).body.items,
    (items) => items.every(({ state }) => state === 'done' || state === 'failed'),
  )
}
