import { connect } from 'node:net'
import { violationNotice } from '@hefu/procedures'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call, startPair, type TestPair } from './node-pair.ts'

let pair: TestPair
beforeAll(async () => {
  pair = await startPair()
})
afterAll(async () => {
  // Whatever came in, nothing was stored.
  const stored = await pair.chengdu.node.ctx.db.selectFrom('cases').select('case_number').execute()
  const status5xx = pair.chengdu.log.filter((line) => /"status":5\d\d/.test(line))
  const leaked = [...pair.chengdu.log, ...pair.chongqing.log].filter((line) => line.includes('CANARY'))
  await pair[Symbol.asyncDispose]()
  expect({ stored, status5xx, leaked }).toEqual({ stored: [], status5xx: [], leaked: [] })
})

const path = '/v1/violation-notices'
const example = violationNotice.documents.notice?.examples[0]?.body as Record<string, unknown>
const text = JSON.stringify(example)
const data = example.data as Record<string, unknown>

describe('JSON that is not strict', () => {
  const deep = `${'['.repeat(40)}${']'.repeat(40)}`
  const bodies: [string, string | Uint8Array<ArrayBuffer>, string][] = [
    ['nothing', '', 'malformed-json'],
    ['no JSON', '{', 'syntax'],
    ['two values', `${text}${text}`, 'syntax'],
    ['a trailing comma', `${text.slice(0, -1)},}`, 'syntax'],
    ['duplicate members', `{"purpose":"x",${text.slice(1)}`, 'duplicate-member'],
    ['duplicate members, escaped', `{"\\u0070urpose":"x",${text.slice(1)}`, 'duplicate-member'],
    ['depth', `{"data":${deep}}`, 'depth'],
    ['U+0000', `{"basis":"CANARY\\u0000"}`, 'nul'],
    ['a lone surrogate', `{"basis":"\\ud800"}`, 'surrogate'],
    ['a large integer', `{"basis":12345678901234567890}`, 'number'],
    ['bad UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'utf8'],
    ['a byte order mark', `\uFEFF${text}`, 'syntax'],
  ]
  it.each(bodies)('refuses %s', async (_, raw, code) => {
    const reply = await call(pair.chengdu, path, { raw, headers: { 'accept-language': 'en' } })
    expect(reply).toMatchObject({ status: 400, body: { code: 'malformed-json', title: 'Body is not strict JSON' } })
    if (raw.length > 0) expect(reply.body.errors).toMatchObject([{ pointer: '', code }])
  })
})

describe('bodies that do not match', () => {
  const bodies: [string, unknown, string, string][] = [
    ['a text', 'CANARY', '', 'invalid-type'],
    ['an array', [], '', 'invalid-type'],
    ['an unknown member', { ...example, remark: 'CANARY' }, '/remark', 'unrecognized-key'],
    ['an unknown member inside', { ...example, data: { ...data, complainant: 'CANARY' } }, '/data/complainant', 'unrecognized-key'],
    ['__proto__', JSON.parse(`{"__proto__":{"x":1},${text.slice(1)}`), '/__proto__', 'unrecognized-key'],
    ['no purpose', { ...example, purpose: undefined }, '/purpose', 'required'],
    ['no recipient', { ...example, to: undefined }, '/to', 'required'],
    ['a purpose that the procedure lacks', { ...example, purpose: 'CANARY' }, '/purpose', 'invalid-value'],
    ['a recipient that is no code', { ...example, to: 'CANARY' }, '/to', 'invalid-format'],
    ['no data', { ...example, data: undefined }, '/data', 'required'],
    ['data of another type', { ...example, data: 'CANARY' }, '/data', 'invalid-type'],
    ['a basis too long', { ...example, basis: 'CANARY'.repeat(100) }, '/basis', 'too-big'],
    ['control characters', { ...example, basis: 'CANARY\u0007' }, '/basis', 'invalid-format'],
  ]
  it.each(bodies)('refuses %s with a pointer, and repeats nothing', async (_, body, pointer, code) => {
    const reply = await call(pair.chengdu, path, { body })
    expect(reply.status).toBe(422)
    expect(reply.body.code).toBe('invalid-document')
    expect(reply.body.errors).toContainEqual({ pointer, code, detail: expect.stringMatching(/[一-鿿].* \/ \w/) })
    expect(JSON.stringify(reply.body)).not.toContain('CANARY')
  })

  it('refuses unknown recipients and its own region', async () => {
    expect(await call(pair.chengdu, path, { body: { ...example, to: '999999-0001' } })).toMatchObject({
      status: 422,
      body: { code: 'recipient-unknown' },
    })
    expect(await call(pair.chengdu, path, { body: { ...example, to: '510100-0001' } })).toMatchObject({
      status: 422,
      body: { code: 'recipient-own-region' },
    })
    expect(await call(pair.chengdu, path, { body: { ...example, from: '510104-0001' } })).toMatchObject({
      status: 403,
      body: { code: 'agency-not-allowed' },
    })
  })

  it('refuses what is too large, compressed or of another type', async () => {
    expect(await call(pair.chengdu, path, { raw: ' '.repeat(300_000) })).toMatchObject({ status: 413, body: { code: 'too-large' } })
    expect(await call(pair.chengdu, path, { raw: text, headers: { 'content-encoding': 'gzip' } })).toMatchObject({
      status: 415,
      body: { code: 'media-type' },
    })
    expect(await call(pair.chengdu, path, { raw: text, headers: { 'content-type': 'text/plain' } })).toMatchObject({ status: 415 })
    expect(await call(pair.chengdu, path, { raw: text, headers: { 'content-type': 'nonsense' } })).toMatchObject({ status: 415 })
    expect(await call(pair.chengdu, path, { method: 'POST' })).toMatchObject({ status: 400, body: { code: 'malformed-json' } })
    expect(await call(pair.chengdu, path, { body: example, headers: { 'idempotency-key': '' } })).toMatchObject({
      status: 400,
      body: { code: 'idempotency-key-missing' },
    })
  })
})

describe('addresses', () => {
  const cases = [
    'x',
    '510100-VN-20261122-7K3F9QX7',
    '510100-VN-20261340-7K3F9QX6',
    '%00',
    '%F0%9F%98%80',
    "'; drop table cases --",
    'a'.repeat(500),
  ]
  it.each(cases)('knows no case %j', async (number) => {
    for (const at of [`${path}/${encodeURIComponent(number)}`, `/v1/cases/${encodeURIComponent(number)}/timeline`]) {
      expect(await call(pair.chengdu, at)).toMatchObject({ status: 404, body: { code: 'not-found' } })
    }
  })

  it.each(['/v1/cases/%', '/v1/cases/%zz', '/v1/registers/employers/%c0%80'])('refuses %s', async (at) => {
    const reply = await call(pair.chengdu, at)
    expect(reply.headers.get('content-type')).toBe('application/problem+json')
    expect(reply.body).toMatchObject({ code: expect.stringMatching(/malformed-request|not-found/) })
  })

  it.each(['/v1/exchange-log/reads?owner=510100&from=2026-11-01', '/v1/exchange-log/entries?from=2026-11-01'])(
    'say how a time is written: %s',
    async (at) => {
      for (const [language, advice] of [
        ['zh', /须为带时区的时间，例如 .*%2B/],
        ['en', /Must be a time with its zone, such as .*%2B/],
      ] as const) {
        const reply = await call(pair.chengdu, at, { as: 'auditor', headers: { 'accept-language': language } })
        expect(reply).toMatchObject({ status: 400, body: { code: 'malformed-request' } })
        expect(reply.body.errors).toEqual([{ pointer: '/from', code: 'invalid-format', detail: expect.stringMatching(advice) }])
        expect(reply.body.detail).toMatch(language === 'zh' ? /请按/ : /Check/)
      }
      const written = new URL(at, 'http://node')
      written.searchParams.set('from', '2026-11-01T00:00:00+08:00')
      expect((await call(pair.chengdu, `${written.pathname}${written.search}`, { as: 'auditor' })).status).toBe(200)
    },
  )

  it.each(['x', '019aa000', '%00', 'A'.repeat(44)])('knows no id %j', async (id) => {
    expect((await call(pair.chengdu, `/v1/tasks/${id}`)).status).toBe(404)
    expect((await call(pair.chengdu, `/v1/receipts/${id}`, { as: 'auditor' })).status).toBe(404)
    expect((await call(pair.chengdu, `/v1/deliveries/${id}`, { as: 'operator' })).status).toBe(404)
    expect((await call(pair.chengdu, `/v1/registers/employers/${id}`)).status).toBe(404)
    expect((await call(pair.chengdu, `/v1/peers/${id}`, { as: 'operator' })).status).toBe(404)
  })

  it.each(['*', 'W/"x"', '"a", "b"', 'unquoted', '""'])('matches no case with If-Match %s', async (tag) => {
    const reply = await call(pair.chengdu, `${path}/510100-VN-20261122-7K3F9QX6/retraction`, { body: {}, headers: { 'if-match': tag } })
    expect(reply).toMatchObject({ status: 412, body: { code: 'if-match-failed' } })
  })

  it('answers as a problem what is no HTTP', async () => {
    const port = Number(new URL(pair.chengdu.node.api as string).port)
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => socket.write('NOT HTTP\r\n\r\n'))
      let received = ''
      socket.setEncoding('utf8').on('data', (piece) => {
        received += piece
      })
      socket.on('end', () => resolve(received)).on('error', reject)
    })
    expect(answer).toMatch(/^HTTP\/1\.1 400 .*application\/problem\+json.*"code":"malformed-request"/s)
  })
})

describe('languages', () => {
  it.each([
    ['zh-CN,zh;q=0.9,en;q=0.8', /^未找到$/],
    ['en-GB', /^Not found$/],
    ['fr, en;q=0.3, zh;q=0.2', /^Not found$/],
    ['*', /^未找到 \/ Not found$/],
    ['fr', /^未找到 \/ Not found$/],
    ['zh;q=0', /^未找到 \/ Not found$/],
    [',;q=x', /^未找到 \/ Not found$/],
  ])('%s', async (language, title) => {
    const reply = await call(pair.chengdu, '/v1/nothing', { headers: { 'accept-language': language } })
    expect(reply.body.title).toMatch(title)
    expect(Object.keys(reply.body)).toEqual(['type', 'title', 'status', 'detail', 'instance', 'code', 'errors', 'traceId'])
  })

  it('keeps the trace of the caller', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    expect((await call(pair.chengdu, '/v1/nothing', { headers: { traceparent } })).body.traceId).toBe('0af7651916cd43dd8448eb211c80319c')
  })
})
