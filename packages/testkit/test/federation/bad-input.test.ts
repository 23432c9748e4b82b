import { certificateRecognition, insuranceTransfer, type Procedure, violationNotice } from '@hefu/procedures'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Json, listOf, type NetworkOptions, TestNetwork } from '../../src/index.ts'
import { body, exampleData, openCase, rowCounts } from './play.ts'

/** Errors are part of the product: each says where, what code, and in both languages what to do; nothing is stored, nothing sent. */
let net: TestNetwork
let quiet: { rows: Record<string, string>[]; requests: number[] }
const links = () => [net.link('510100', '500000'), net.link('500000', '510100')]
const seen = async () => ({ rows: await rowCounts(net), requests: links().map((link) => link.counts().requests) })

beforeAll(async () => {
  net = await TestNetwork.create(['510100', '500000'])
  quiet = await seen()
})
afterAll(async () => await net[Symbol.asyncDispose]())

type Data = Record<string, unknown>
/** `[pointer, value]`: sets, or removes when undefined. Pointers go through objects and lists that exist. */
type Change = readonly [pointer: string, value: unknown]

function changed(data: Data, changes: readonly Change[]): Data {
  const copy = structuredClone(data)
  for (const [pointer, value] of changes) {
    const names = pointer.split('/').slice(1)
    const last = names.pop() as string
    const at = names.reduce<Data>((one, name) => one[name] as Data, copy)
    if (value === undefined) delete at[last]
    else at[last] = value
  }
  return copy
}

interface BadBody {
  readonly what: string
  readonly procedure: Procedure
  readonly changes: readonly Change[]
  readonly code: 'invalid-document' | 'document-findings'
  /** Pointer and code of each error, in any order. */
  readonly errors: readonly (readonly [pointer: string, code: string])[]
}

const [VN, IT, CR] = [violationNotice, insuranceTransfer, certificateRecognition]
const schema = (procedure: Procedure, what: string, changes: readonly Change[], errors: BadBody['errors']): BadBody => ({
  what,
  procedure,
  changes,
  code: 'invalid-document',
  errors,
})
const finding = (procedure: Procedure, what: string, changes: readonly Change[], errors: BadBody['errors']): BadBody => ({
  what,
  procedure,
  changes,
  code: 'document-findings',
  errors,
})

const badBodies: readonly BadBody[] = [
  schema(VN, 'a credit code with a wrong check character', [['/employer/uscc', '91500112MA5U7B2C23']], [['/data/employer/uscc', 'uscc']]),
  schema(VN, 'a missing employer', [['/employer', undefined]], [['/data/employer', 'required']]),
  schema(VN, 'a field for the complainant', [['/complainant', '某某']], [['/data/complainant', 'unrecognized-key']]),
  schema(VN, 'no violations', [['/violations', []]], [['/data/violations', 'too-small']]),
  schema(VN, 'an unknown violation', [['/violations/0/code', 'ZZ-99']], [['/data/violations/0/code', 'invalid-value']]),
  schema(VN, 'a date that does not exist', [['/publicUntil', '2028-02-30']], [['/data/publicUntil', 'invalid-format']]),
  schema(VN, 'money as a number', [['/violations/0/amountYuan', 100]], [['/data/violations/0/amountYuan', 'invalid-type']]),
  schema(VN, 'money with one place', [['/violations/0/amountYuan', '100.0']], [['/data/violations/0/amountYuan', 'yuan']]),
  schema(
    VN,
    'two at once',
    [
      ['/severity', 'grave'],
      ['/facts', ''],
    ],
    [
      ['/data/severity', 'invalid-value'],
      ['/data/facts', 'too-small'],
    ],
  ),
  finding(VN, 'a telephone number in free text', [['/facts', '举报人电话 13800138000']], [['/data/facts', 'personal-number-in-text']]),
  finding(VN, 'an identity number in free text', [['/facts', '当事人 500103198812310020']], [['/data/facts', 'personal-number-in-text']]),
  finding(
    VN,
    'another area than that of the code',
    [['/violations/0/area', 'SI']],
    [['/data/violations/0/area', 'area-differs-from-code']],
  ),
  finding(
    VN,
    'a period that ends before it begins',
    [['/violations/0/period', { from: '2025-12-31', to: '2025-10-01' }]],
    [['/data/violations/0/period', 'period-reversed']],
  ),
  finding(
    VN,
    'a decision of tomorrow',
    [
      ['/dispositions/1/decidedOn', '2099-01-01'],
      ['/publicUntil', '2101-01-01'],
    ],
    [['/data/dispositions/1/decidedOn', 'later-than-issue']],
  ),
  finding(VN, 'public for too long', [['/publicUntil', '2031-01-01']], [['/data/publicUntil', 'public-until-too-late']]),
  finding(VN, 'public for too short', [['/publicUntil', '2026-02-01']], [['/data/publicUntil', 'public-until-too-early']]),

  schema(IT, 'a wrong identity number', [['/person/idNumber', '500103198812310021']], [['/data/person/idNumber', 'person-id']]),
  schema(IT, 'an unknown insurance type', [['/insuranceType', '999']], [['/data/insuranceType', 'invalid-value']]),
  schema(
    IT,
    'a division of five digits',
    [['/outgoingAgency/divisionCode', '50010']],
    [['/data/outgoingAgency/divisionCode', 'invalid-format']],
  ),
  schema(IT, 'a line break in a line', [['/letterNumber', 'LX\n1']], [['/data/letterNumber', 'invalid-format']]),
  schema(IT, 'data that is a list', [['/person', []]], [['/data/person', 'invalid-type']]),
  finding(IT, 'work-injury insurance', [['/insuranceType', '410']], [['/data/insuranceType', 'type-not-transferable']]),
  finding(IT, 'maternity insurance', [['/insuranceType', '510']], [['/data/insuranceType', 'type-not-transferable']]),
  finding(IT, 'medical insurance', [['/insuranceType', '310']], [['/data/insuranceType', 'type-of-medical-bureau']]),
  finding(IT, 'another sex than in the number', [['/person/sex', 'male']], [['/data/person/sex', 'sex-differs-from-id']]),
  finding(
    IT,
    'a division that never was',
    [['/outgoingAgency/divisionCode', '500199']],
    [['/data/outgoingAgency/divisionCode', 'division-unknown']],
  ),

  schema(CR, 'a number of another structure', [['/certificate/number', 'S00015000']], [['/data/certificate/number', 'certificate-number']]),
  schema(CR, 'an unknown kind', [['/certificate/kind', 'diploma']], [['/data/certificate/kind', 'no-variant']]),
  schema(CR, 'an unknown use', [['/use', 'fun']], [['/data/use', 'invalid-value']]),
  schema(CR, 'a holder without a name', [['/certificate/holder/name', undefined]], [['/data/certificate/holder/name', 'required']]),
  finding(
    CR,
    'another level than in the number',
    [['/certificate/level', '4']],
    [['/data/certificate/level', 'level-differs-from-number']],
  ),
  finding(
    CR,
    'another province than the issuer asked',
    [['/certificate/number', 'S000151000001243000017']],
    [['/data/certificate/number', 'province-differs-from-number']],
  ),
  finding(
    CR,
    'a number of a later year than the issue',
    [['/certificate/issueDate', '2023-06-18']],
    [['/data/certificate/issueDate', 'year-after-issue']],
  ),
  finding(CR, 'issued tomorrow', [['/certificate/issueDate', '2099-06-18']], [['/data/certificate/issueDate', 'issued-later']]),
]

const han = /\p{Script=Han}/u
const starting = (procedure: Procedure) => Object.keys(procedure.documents)[0] as string

async function expectNothingHappened(): Promise<void> {
  expect(await seen()).toEqual(quiet)
}

describe.each([VN, IT, CR])('opening a case of $name', (procedure) => {
  it.each(badBodies.filter((bad) => bad.procedure === procedure))('with $what', async ({ changes, code, errors }) => {
    const data = changed(exampleData<Data>(procedure, starting(procedure)), changes)
    const officer = net.node('510100').as('officer')
    const post = async (language: string) =>
      (
        await officer.post(
          `/v1/${procedure.path}`,
          { ...body(procedure, data), to: '500000-0001' },
          { headers: { 'accept-language': language } },
        )
      ).body
    const [zh, en] = [await post('zh-CN,zh;q=0.9'), await post('en')]
    for (const problem of [zh, en]) {
      expect(problem).toMatchObject({ type: `urn:hefu:problem:${code}`, status: 422, code })
      expect(
        listOf(problem.errors)
          .map((one) => [one.pointer, one.code])
          .sort(),
      ).toEqual([...errors].sort())
    }
    const texts = (problem: Json) => [problem.title, problem.detail, ...listOf(problem.errors).map((one) => one.detail)].map(String)
    for (const text of texts(zh)) expect(text).toMatch(han)
    for (const text of texts(en)) expect(text).toMatch(/^[^\p{Script=Han}]+$/u)
    // What was wrong is not repeated: problems end up in logs and on screens.
    for (const [, value] of changes)
      if (typeof value === 'string' && value.length > 5) expect(JSON.stringify([zh, en])).not.toContain(value)
    await expectNothingHappened()
  })
})

const good = () => ({ ...body(VN, exampleData(VN, 'notice')), to: '500000-0001' })
const envelopes: readonly (readonly [what: string, change: object, status: number, code: string, pointers: readonly string[]])[] = [
  ['an unknown recipient', { to: '990000-0001' }, 422, 'recipient-unknown', []],
  ['a recipient in the own region', { to: '510104-0001' }, 422, 'recipient-own-region', []],
  ['another agency as the sender', { from: '510104-0001' }, 403, 'agency-not-allowed', []],
  ['a purpose of no agreement', { purpose: 'curiosity' }, 422, 'invalid-document', ['/purpose']],
  ['no purpose', { purpose: undefined }, 422, 'invalid-document', ['/purpose']],
  ['no basis', { basis: '' }, 422, 'invalid-document', ['/basis']],
  ['a basis of two lines', { basis: '合作协议\n第一条' }, 422, 'invalid-document', ['/basis']],
  ['a basis with a bell', { basis: '合作\u0007协议' }, 422, 'invalid-document', ['/basis']],
  ['a basis too long', { basis: '据'.repeat(501) }, 422, 'invalid-document', ['/basis']],
  ['a sender that is none', { from: '510100' }, 422, 'invalid-document', ['/from']],
  ['no recipient', { to: undefined }, 422, 'invalid-document', ['/to']],
  ['an agency that is none', { to: '500000' }, 422, 'invalid-document', ['/to']],
  ['a member of its own', { urgent: true }, 422, 'invalid-document', ['/urgent']],
]

/** A start is told to the log and to the peers, and its officer gets a token anew: what happens after that is of the test. */
async function restarted(changes?: Parameters<TestNetwork['restart']>[1]): Promise<void> {
  await net.restart('510100', changes)
  await net.node('510100').as('officer').get('/v1/cases')
  await net.settle()
  quiet = await seen()
}

describe('the envelope', () => {
  it.each(envelopes)('with %s', async (_, change, status, code, pointers) => {
    const answer = await net
      .node('510100')
      .as('officer')
      .post('/v1/violation-notices', { ...good(), ...change })
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    expect(answer.body).toMatchObject({
      status,
      code,
      detail: expect.stringMatching(/\p{Script=Han}.* \/ .*[a-z]/u),
      traceId: expect.any(String),
    })
    expect(listOf(answer.body.errors).map((one) => one.pointer)).toEqual(pointers)
    await expectNothingHappened()
  })

  it('with a purpose that the procedure has and the agreement leaves out', async () => {
    const openUnder = async (agreements: NonNullable<NetworkOptions['agreements']>) => {
      await restarted({ agreements })
      const answer = await net.node('510100').as('officer').post('/v1/violation-notices', good())
      await expectNothingHappened()
      return answer
    }
    const refused = await openUnder((usual) => usual.map((one) => ({ ...one, purposes: ['another-purpose'] })))
    const none = await openUnder(() => [])
    await restarted()
    expect(refused.body).toMatchObject({ status: 403, code: 'purpose-not-agreed' })
    expect(none.body).toMatchObject({ status: 403, code: 'agreement-missing' })
  })

  it.each([
    ['half a text', '{"to":', 'application/json', 400, 'malformed-json'],
    ['a member twice', '{"to":"500000-0001","to":"500000-0001"}', 'application/json', 400, 'malformed-json'],
    ['a number beyond 2^53', '{"to":12345678901234567890}', 'application/json', 400, 'malformed-json'],
    ['nothing', '', 'application/json', 400, 'malformed-json'],
    ['another media type', '{}', 'text/plain', 415, 'media-type'],
    ['a body beyond its limit', JSON.stringify({ to: 'x'.repeat(300_000) }), 'application/json', 413, 'too-large'],
  ])('that is %s', async (_, text, type, status, code) => {
    const answer = await net
      .node('510100')
      .as('officer')
      .post('/v1/violation-notices', text, { headers: { 'content-type': type } })
    expect(answer.body).toMatchObject({ status, code })
    await expectNothingHappened()
  })
})

/** What comes in a file is judged as what comes alone: the same rows, the same codes, nothing signed. */
it('an import refuses every one of these, row by row', async () => {
  const officer = net.node('510100').as('officer')
  const bodies = badBodies.filter(({ procedure }) => procedure === VN)
  const rows = [
    ...bodies.map(({ changes }) => ({ ...good(), data: changed(exampleData<Data>(VN, 'notice'), changes) })),
    ...envelopes.map(([, change]) => ({ ...good(), ...change })),
  ]
  const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join('')
  const created = await officer.post('/v1/imports?target=violation-notice', lines, { headers: { 'content-type': 'application/x-ndjson' } })
  expect(created.status).toBe(202)
  await net.settle()
  // Of all this the import's own key is kept, and no row's; that there was an import is told to the log.
  const [own, other] = quiet.rows
  const one = (column: string) => ({ [column]: String(Number(own?.[column]) + 1) })
  quiet = { ...quiet, rows: [{ ...own, ...one('idempotency'), ...one('log') }, other ?? {}] }
  const path = `/v1/imports/${created.body.id}`
  expect((await officer.get(path)).body).toMatchObject({ state: 'done', rows: { total: rows.length, done: 0, failed: rows.length } })
  const failed = await officer.all(`${path}/errors`)
  const found = failed.map(({ line, code, errors }) => [
    line,
    code,
    listOf(errors)
      .map((one) => [one.pointer, one.code])
      .sort(),
  ])
  expect(found).toEqual([
    ...bodies.map(({ code, errors }, at) => [at + 1, code, [...errors].sort()]),
    // What is wrong with no member is said of the whole row.
    ...envelopes.map(([, , , code, pointers], at) => {
      const whole = pointers.length === 0 ? [['', code]] : pointers.map((pointer) => [pointer, expect.any(String)])
      return [bodies.length + at + 1, code, whole]
    }),
  ])
  for (const { errors } of failed) for (const one of listOf(errors)) expect(one.detail).toMatch(/\p{Script=Han}.* \/ .*[a-z]/u)
  await expectNothingHappened()
})

describe('conditions', () => {
  it.each([
    ['no key', { 'idempotency-key': '' }],
    ['a key with a space', { 'idempotency-key': 'a b' }],
  ])('Idempotency-Key: %s', async (_, headers) => {
    const answer = await net
      .node('510100')
      .as('officer')
      .post('/v1/violation-notices', { ...body(VN, exampleData(VN, 'notice')), to: '500000-0001' }, { headers })
    expect(answer.body).toMatchObject({ status: 400, code: 'idempotency-key-missing' })
    await expectNothingHappened()
  })

  // From here on there is a case, and what is refused leaves it as it is.
  it('the same key: the same answer, once; the key for something else: 422', async () => {
    const officer = net.node('510100').as('officer')
    const notice = { ...body(VN, exampleData(VN, 'notice')), to: '500000-0001' }
    const first = await officer.post('/v1/violation-notices', notice, { key: 'notice-1' })
    await net.settle()
    quiet = await seen()
    const again = await officer.post('/v1/violation-notices', notice, { key: 'notice-1' })
    expect([again.status, again.body, again.headers.get('location')]).toEqual([201, first.body, first.headers.get('location')])
    const other = await officer.post('/v1/violation-notices', { ...notice, basis: '另一依据' }, { key: 'notice-1' })
    expect(other.body).toMatchObject({ status: 422, code: 'idempotency-key-reused' })
    await expectNothingHappened()
    // Another client's key is another key.
    expect(
      (
        await net
          .node('500000')
          .as('officer')
          .post('/v1/violation-notices', { ...notice, from: undefined, to: '510100-0001' }, { key: 'notice-1' })
      ).status,
    ).toBe(201)
    await net.settle()
    quiet = await seen()
  })

  it('If-Match: missing 428, stale 412, unreadable 412; a document of no such case 404', async () => {
    const played = await openCase(net, VN, '510100', '500000', exampleData(VN, 'notice'))
    await net.settle()
    const [finder, home] = [net.node('510100').as('officer'), net.node('500000').as('officer')]
    const path = `/v1/violation-notices/${played.caseNumber}`
    const stale = (await home.get(path)).headers.get('etag') as string
    const correction = body(VN, exampleData(VN, 'correction'))
    const seenByFinder = (await finder.get(path)).headers.get('etag') as string
    expect((await finder.post(`${path}/correction`, correction, { ifMatch: seenByFinder })).status).toBe(201)
    await net.settle()
    quiet = await seen()
    const filing = body(VN, exampleData(VN, 'filing'))
    expect((await home.post(`${path}/filing`, filing)).body).toMatchObject({ status: 428, code: 'if-match-missing' })
    for (const ifMatch of [stale, '*', `W/${stale}`, 'bare', `${stale}, ${stale}`]) {
      expect((await home.post(`${path}/filing`, filing, { ifMatch })).body).toMatchObject({ status: 412, code: 'if-match-failed' })
    }
    const fresh = (await home.get(path)).headers.get('etag') as string
    expect((await home.post(`${path}/retraction`, body(VN, exampleData(VN, 'retraction')), { ifMatch: fresh })).body).toMatchObject({
      status: 409,
      code: 'document-not-allowed-now',
    })
    const unknown = played.caseNumber.replace(/.$/, (last) => (last === '0' ? '1' : '0'))
    for (const at of [
      `/v1/violation-notices/${unknown}/filing`,
      `/v1/insurance-transfers/${played.caseNumber}/withdrawal`,
      `${path}/nothing`,
    ]) {
      expect((await home.post(at, at.endsWith('withdrawal') ? body(IT, { code: 'R13' }) : filing, { ifMatch: fresh })).body).toMatchObject({
        status: 404,
        code: 'not-found',
      })
    }
    await expectNothingHappened()
  })
})
