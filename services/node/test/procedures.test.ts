import { procedures, registers, violationNotice } from '@hefu/procedures'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call, startPair, type TestPair, until } from './node-pair.ts'

let pair: TestPair
beforeAll(async () => {
  pair = await startPair()
})
afterAll(async () => await pair[Symbol.asyncDispose]())

const notice = violationNotice.documents.notice?.examples[0]?.body

describe('opening cases', () => {
  const starting = procedures.flatMap((procedure) =>
    Object.values(procedure.documents)
      .filter(({ starts }) => starts)
      .flatMap(({ examples }) =>
        examples.map((example) => ({ procedure, name: `${procedure.name}: ${example.title.en}`, body: example.body })),
      ),
  )

  it.each(starting)('posts the example as it is: $name', async ({ procedure, body }) => {
    const reply = await call(pair.chengdu, `/v1/${procedure.path}`, { body })
    expect(reply.body).toMatchObject({ procedure: procedure.name, version: procedure.version })
    expect(reply.status).toBe(201)
    expect(Object.keys(reply.body).sort()).toEqual(['caseNumber', 'document', 'procedure', 'version'])
    expect(Object.keys(reply.body.document).sort()).toEqual(['by', 'digest', 'document', 'id', 'issuedAt'])
    expect(reply.headers.get('location')).toBe(`/v1/${procedure.path}/${reply.body.caseNumber}`)
    expect(reply.headers.get('etag')).toMatch(/^"[A-Za-z0-9_-]{43}"$/)
    const there = await until(
      async () => await call(pair.chongqing, `/v1/${procedure.path}/${reply.body.caseNumber}`),
      ({ status }) => status === 200,
    )
    expect(there.body.documents[0]).toMatchObject({ digest: reply.body.document.digest, standing: 'effective' })
  })

  it.each(
    registers.flatMap((register) => register.examples.map((example) => ({ register, data: example.data as Record<string, unknown> }))),
  )('takes the example of register $register.name', async ({ register, data }) => {
    const path = `/v1/registers/${register.name}/${data[register.id]}`
    const put = await call(pair.chengdu, path, { method: 'PUT', body: data })
    expect(put).toMatchObject({ status: 201, body: { id: data[register.id], version: 1 } })
    const again = await call(pair.chengdu, path, { method: 'PUT', body: data, headers: { 'if-match': put.headers.get('etag') as string } })
    expect(again).toMatchObject({ status: 200, body: { version: 2 } })
    expect((await call(pair.chengdu, path)).body.record).toMatchObject({ data, version: 2 })
    expect((await call(pair.chengdu, `/v1/registers/${register.name}`)).body.items).toContainEqual(
      // Personal values of a list are masked: purpose.test.ts.
      expect.objectContaining({ id: data[register.id], data: expect.objectContaining({ [register.id]: data[register.id] }) }),
    )
    expect((await call(pair.chengdu, path, { method: 'DELETE' })).status).toBe(204)
    expect((await call(pair.chengdu, path)).status).toBe(404)
  })
})

describe('conditions', () => {
  it('lets one of two officers answer the case they both read', async () => {
    const opened = await call(pair.chengdu, '/v1/violation-notices', { body: notice })
    const path = `/v1/violation-notices/${opened.body.caseNumber}`
    const retraction = violationNotice.documents.retraction?.examples[0]?.body
    const tag = (await call(pair.chengdu, path)).headers.get('etag') as string
    const replies = await Promise.all(
      [1, 2].map(async () => await call(pair.chengdu, `${path}/retraction`, { body: retraction, headers: { 'if-match': tag } })),
    )
    expect(replies.map(({ status }) => status).sort()).toEqual([201, 412])
    expect(replies.find(({ status }) => status === 412)?.body).toMatchObject({ code: 'if-match-failed' })
    const missing = await call(pair.chengdu, `${path}/retraction`, { body: retraction })
    expect(missing).toMatchObject({ status: 428, body: { code: 'if-match-missing' } })
    const late = await call(pair.chengdu, `${path}/retraction`, {
      body: retraction,
      headers: { 'if-match': (await call(pair.chengdu, path)).headers.get('etag') as string },
    })
    expect(late).toMatchObject({ status: 409, body: { code: 'document-not-allowed-now' } })
    const next = await call(pair.chengdu, `/v1/cases/${opened.body.caseNumber}/next`, { headers: { 'accept-language': 'zh' } })
    expect(next.body.items).toContainEqual(
      expect.objectContaining({ document: 'retraction', allowed: false, reason: expect.any(String), reasonCode: expect.any(String) }),
    )
  })

  it('creates once for concurrent calls with one key', async () => {
    const key = { 'idempotency-key': 'concurrent-calls-1' }
    const replies = await Promise.all(
      Array.from({ length: 8 }, async () => await call(pair.chengdu, '/v1/violation-notices', { body: notice, headers: key })),
    )
    const created = replies.filter(({ status }) => status === 201)
    expect(created.length).toBeGreaterThan(0)
    expect(new Set(created.map(({ body, headers }) => JSON.stringify([body, headers.get('location'), headers.get('etag')]))).size).toBe(1)
    for (const reply of replies)
      if (reply.status !== 201) expect(reply).toMatchObject({ status: 409, body: { code: 'idempotency-key-busy' } })
    const repeated = await call(pair.chengdu, '/v1/violation-notices', { body: notice, headers: key })
    expect(repeated).toMatchObject({ status: 201, body: created[0]?.body })
    const other = await call(pair.chengdu, '/v1/violation-notices', { body: { ...notice, basis: 'another' }, headers: key })
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency-key-reused' } })
  })

  it.each(['', ' ', 'has space', '键', 'x'.repeat(256)])('refuses the key %j', async (key) => {
    const reply = await call(pair.chengdu, '/v1/violation-notices', {
      body: notice,
      headers: { 'idempotency-key': encodeURI(key) === key ? key : Buffer.from(key).toString('latin1') },
    })
    expect(reply).toMatchObject({ status: 400, body: { code: 'idempotency-key-missing' } })
  })
})

describe('lists', () => {
  it('pages by cursor, bound to the filter', async () => {
    const first = await call(pair.chengdu, '/v1/violation-notices?limit=2')
    expect(first.body.items).toHaveLength(2)
    const link = /^<([^>]+)>; rel="next"$/.exec(first.headers.get('link') ?? '')?.[1] as string
    const second = await call(pair.chengdu, link)
    expect(second.status).toBe(200)
    const numbers = [...first.body.items, ...second.body.items].map(({ caseNumber }: { caseNumber: string }) => caseNumber)
    expect(new Set(numbers).size).toBe(numbers.length)
    const cursor = new URL(link, 'http://node').searchParams.get('cursor') as string
    for (const path of [
      `/v1/violation-notices?final=true&cursor=${cursor}`,
      `/v1/cases?cursor=${cursor}`,
      `/v1/violation-notices?cursor=${cursor.slice(2)}`,
      '/v1/tasks?cursor=W10',
    ]) {
      expect(await call(pair.chengdu, path)).toMatchObject({ status: 400, body: { code: 'cursor-invalid' } })
    }
  })

  it.each([
    'limit=0',
    'limit=201',
    'limit=-1',
    'limit=1e1',
    'limit=',
    'limit=1&limit=2',
    'unknown=1',
    'state=%00',
    'state=nonsense',
    'opened_from=0000-01-01',
    'due_before=2026-02-30',
    'final=yes',
  ])('refuses ?%s', async (query) => {
    const reply = await call(pair.chengdu, `/v1/violation-notices?${query}`)
    expect(reply).toMatchObject({ status: 400, body: { code: 'malformed-request', errors: [{ pointer: expect.stringMatching(/^\//) }] } })
  })
})

describe('who sees what', () => {
  it('shows auditors the case without content, operators nothing of it', async () => {
    const opened = await call(pair.chengdu, '/v1/violation-notices', { body: notice })
    const at = `/v1/cases/${opened.body.caseNumber}`
    const document = `${at}/documents/${opened.body.document.id}`
    expect((await call(pair.chengdu, document)).body).toMatchObject({ data: notice?.data, message: expect.any(String) })
    for (const path of [at, `${at}/documents`, `${at}/timeline`, `${at}/next`]) {
      const seen = await call(pair.chengdu, path, { as: 'auditor' })
      expect(seen.status).toBe(200)
      expect(JSON.stringify(seen.body)).not.toMatch(/"data"|"message"/)
      expect((await call(pair.chengdu, path, { as: 'operator' })).status).toBe(403)
    }
    expect((await call(pair.chengdu, document, { as: 'auditor' })).status).toBe(403)
    const list = await call(pair.chengdu, '/v1/cases', { as: 'auditor' })
    expect(JSON.stringify(list.body)).not.toMatch(/"data"|"message"/)
  })

  it('serves receipts, deliveries, peers and tasks', async () => {
    const receipts = await until(
      async () => await call(pair.chengdu, '/v1/receipts', { as: 'auditor' }),
      ({ body }) => body.items.length > 0,
    )
    const one = await call(pair.chengdu, `/v1/receipts/${receipts.body.items[0]?.digest}`, { as: 'auditor' })
    expect(one.body.places.length).toBeGreaterThan(0)
    const deliveries = await call(pair.chengdu, '/v1/deliveries?state=delivered', { as: 'operator' })
    const delivery = await call(pair.chengdu, `/v1/deliveries/${deliveries.body.items[0]?.id}`, { as: 'operator' })
    expect(delivery.body).toMatchObject({ peer: '500000', state: 'delivered' })
    expect(
      await call(pair.chengdu, `/v1/deliveries/${deliveries.body.items[0]?.id}/retry`, { method: 'POST', as: 'operator' }),
    ).toMatchObject({ status: 409, body: { code: 'conflict' } })
    expect((await call(pair.chengdu, '/v1/peers/500000/pause', { method: 'POST', as: 'operator' })).body).toMatchObject({ paused: true })
    expect((await call(pair.chengdu, '/v1/peers/500000/resume', { method: 'POST', as: 'operator' })).body).toMatchObject({ paused: false })
    expect((await call(pair.chengdu, '/v1/peers', { as: 'operator' })).body.items).toHaveLength(1)
    expect((await call(pair.chengdu, '/v1/alerts', { as: 'operator' })).status).toBe(200)
    expect((await call(pair.chengdu, '/v1/settlement-entries')).status).toBe(200)
    const tasks = await until(
      async () => await call(pair.chongqing, '/v1/tasks?state=open'),
      ({ body }) => body.items.length > 0,
    )
    const task = tasks.body.items[0]?.id
    expect((await call(pair.chongqing, `/v1/tasks/${task}`)).body).toMatchObject({ state: 'open' })
    expect((await call(pair.chongqing, `/v1/tasks/${task}/close`, { method: 'POST' })).body).toMatchObject({ state: 'closed' })
  })
})

describe('imports', () => {
  it('takes rows, reports progress and the rows it did not take', async () => {
    const rows = `${JSON.stringify(notice)}\n{"bad":1}\n`
    const headers = { 'content-type': 'application/x-ndjson', 'idempotency-key': 'import-1' }
    const created = await call(pair.chengdu, '/v1/imports?target=violation-notice', { raw: rows, headers })
    expect(created).toMatchObject({ status: 202, body: { rows: 2 } })
    expect(await call(pair.chengdu, '/v1/imports?target=violation-notice', { raw: rows, headers })).toMatchObject({
      status: 202,
      body: created.body,
    })
    const location = created.headers.get('location') as string
    const done = await until(
      async () => await call(pair.chengdu, location),
      ({ body }) => body.state === 'done',
    )
    expect(done.body).toMatchObject({ rows: { total: 2, done: 1, failed: 1 }, progress: 1 })
    const errors = await call(pair.chengdu, `${location}/errors`, { headers: { 'accept-language': 'en' } })
    expect(errors.body.items).toMatchObject([
      { line: 2, errors: expect.arrayContaining([{ pointer: '/bad', code: expect.any(String), detail: expect.any(String) }]) },
    ])
    expect((await call(pair.chengdu, `${location}/results`)).body.items).toMatchObject([
      { line: 1, caseNumber: expect.stringContaining('-VN-') },
    ])
  })

  it('refuses other media types, unknown targets and empty files', async () => {
    expect((await call(pair.chengdu, '/v1/imports?target=employers', { raw: '{}' })).status).toBe(415)
    const headers = { 'content-type': 'application/x-ndjson' }
    expect(await call(pair.chengdu, '/v1/imports?target=nothing', { raw: '{}\n', headers })).toMatchObject({
      status: 400,
      body: { code: 'malformed-request' },
    })
    expect(await call(pair.chengdu, '/v1/imports?target=employers', { raw: '\n', headers })).toMatchObject({
      status: 400,
      body: { code: 'malformed-request' },
    })
  })
})

describe('reconciliation', () => {
  it('compares both halves on demand and keeps the result', async () => {
    const today = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10)
    const headers = { 'idempotency-key': 'reconcile-1' }
    const body = { peer: '500000', from: today, to: today }
    const asked = await call(pair.chengdu, '/v1/reconciliations', { as: 'operator', body, headers })
    expect(asked.status).toBe(202)
    expect(await call(pair.chengdu, '/v1/reconciliations', { as: 'operator', body, headers })).toMatchObject({
      status: 202,
      body: asked.body,
    })
    const done = await until(
      async () => await call(pair.chengdu, asked.headers.get('location') as string, { as: 'operator' }),
      ({ body: { state } }) => state === 'done' || state === 'failed',
    )
    expect(done.body).toMatchObject({ state: 'done', peer: '500000', from: today, to: today, result: { match: true } })
    expect((await call(pair.chengdu, '/v1/reconciliations', { as: 'operator' })).body.items).toHaveLength(1)
    expect(await call(pair.chengdu, '/v1/reconciliations', { as: 'operator', body: { ...body, peer: '510100' } })).toMatchObject({
      status: 422,
      body: { code: 'recipient-unknown' },
    })
    expect(await call(pair.chengdu, '/v1/reconciliations', { as: 'operator', body: { ...body, from: '2001-01-01' } })).toMatchObject({
      status: 400,
      body: { code: 'malformed-request' },
    })
  })
})
