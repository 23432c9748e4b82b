import { certificateRecognition, employers, procedures, registers, violationNotice } from '@hefu/procedures'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { apiRoutes } from '../src/api/routes.ts'
import { call, type ReplyBody, startPair, type TestPair, until } from './node-pair.ts'

let pair: TestPair
beforeAll(async () => {
  pair = await startPair()
})
afterAll(async () => await pair[Symbol.asyncDispose]())

const routes = apiRoutes(procedures, registers)
const starting = procedures.flatMap((procedure) =>
  Object.entries(procedure.documents)
    .filter(([, { starts }]) => starts)
    .flatMap(([document, { examples }]) =>
      examples.map(({ title, body }) => ({ name: `${procedure.name}: ${title.en}`, path: `/v1/${procedure.path}`, document, body })),
    ),
)

/** What the OpenAPI document shows for this operation does not fit: empty when it does. */
function problemsOf(operationId: string, body: unknown): readonly unknown[] {
  const documented = routes.find((route) => route.operationId === operationId)?.answer.documented
  if (!documented) throw new Error(`${operationId} documents nothing of its own`)
  return documented.safeParse(body).error?.issues ?? []
}

async function opened(path: string, body: unknown): Promise<ReplyBody> {
  const reply = await call(pair.chengdu, path, { body })
  expect(reply.status).toBe(201)
  return reply.body
}

describe('answers are what the OpenAPI document says', () => {
  it.each(starting)('the content of $name', async ({ path, document, body }) => {
    const { caseNumber, document: written } = await opened(path, body)
    const reply = await call(pair.chengdu, `/v1/cases/${caseNumber}/documents/${written.id}`)
    expect(reply.body).toMatchObject({ document, data: body.data })
    expect(problemsOf('read-case-document', reply.body)).toEqual([])
    expect(problemsOf('read-case-document', { ...reply.body, data: { of: 'another kind' } })).not.toEqual([])
  })

  it('the draft that a register makes', async () => {
    const { caseNumber } = await opened('/v1/certificate-recognitions', certificateRecognition.documents.request?.examples[0]?.body)
    const { body } = await until(
      async () => await call(pair.chongqing, `/v1/tasks?case=${caseNumber}`),
      (reply) => reply.body.items.length > 0,
    )
    expect(body.items).toMatchObject([{ draft: { document: 'verification', data: { outcome: 'not-found' } } }])
    expect(problemsOf('list-tasks', body)).toEqual([])
    const one = await call(pair.chongqing, `/v1/tasks/${body.items[0]?.id}`, {
      headers: { 'hefu-purpose': String(certificateRecognition.purposes[0]?.code) },
    })
    expect(problemsOf('read-task', one.body)).toEqual([])
    expect(problemsOf('read-task', { ...one.body, draft: { document: 'verification', data: {} } })).not.toEqual([])
  })

  it('a record and the entry that a case makes with it', async () => {
    const example = employers.examples[0]?.data as { uscc: string }
    const path = `/v1/registers/employers/${example.uscc}`
    expect((await call(pair.chongqing, path, { method: 'PUT', body: example })).status).toBe(201)
    expect(problemsOf('list-employers', (await call(pair.chongqing, '/v1/registers/employers')).body)).toEqual([])
    const { caseNumber } = await opened('/v1/violation-notices', violationNotice.documents.notice?.examples[0]?.body)
    const there = await until(
      async () => await call(pair.chongqing, `/v1/violation-notices/${caseNumber}`),
      ({ status }) => status === 200,
    )
    const filing = await call(pair.chongqing, `/v1/violation-notices/${caseNumber}/filing`, {
      body: violationNotice.documents.filing?.examples[0]?.body,
      headers: { 'if-match': there.headers.get('etag') as string },
    })
    expect(filing.status).toBe(201)
    const { body } = await call(pair.chongqing, path)
    expect(body).toMatchObject({ record: { data: example }, entries: [{ caseNumber, procedure: 'violation-notice' }] })
    expect(problemsOf('read-employers', body)).toEqual([])
    expect(problemsOf('read-employers', { ...body, entries: [{ ...Object(body).entries[0], data: {} }] })).not.toEqual([])
  })
})
