import { requestToken } from '@hefu/cli'
import { scopesOfRole } from '@hefu/exchange'
import { procedures, violationNotice } from '@hefu/procedures'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ApiClient, apiClient, listOf, TestNetwork } from '../../src/index.ts'
import { addDocument, body, exampleData, openCase, type PlayedCase } from './play.ts'

let net: TestNetwork
let decided: PlayedCase
let suspected: PlayedCase
beforeAll(async () => {
  net = await TestNetwork.create(['510100', '500000'])
  decided = await openCase(net, violationNotice, '510100', '500000', exampleData(violationNotice, 'notice', 0))
  suspected = await openCase(net, violationNotice, '510100', '500000', exampleData(violationNotice, 'notice', 1))
  await net.settle()
})
afterAll(async () => await net[Symbol.asyncDispose]())

/** An officer or auditor whose token lacks some scopes of the role. */
async function without(region: string, role: 'officer' | 'auditor', ...lost: string[]): Promise<ApiClient> {
  const { node, clients } = net.node(region)
  const { id, keyFile } = clients[role]
  const scopes = scopesOfRole(procedures, role).filter((scope) => !lost.includes(scope))
  const api = node.api ?? ''
  const { token } = await requestToken({ api, client: id, key: keyFile, scopes, nowMs: node.ctx.now() })
  return apiClient(api, token)
}

const numbers = async (client: ApiClient, path: string) => (await client.all(path)).map(({ caseNumber }) => String(caseNumber))
const partsOf = ({ caseNumber }: PlayedCase) => [
  `/v1/violation-notices/${caseNumber}`,
  ...['', '/documents', '/timeline', '/next', '/evidence'].map((part) => `/v1/cases/${caseNumber}${part}`),
]

describe.each(['510100', '500000'])('a suspicion, at %s', (region) => {
  it.each(['officer', 'auditor'] as const)('is in no list and no read of an %s without its scope', async (role) => {
    const few = net.node(region).as(role)
    const many = await without(region, role, 'violation-notice:suspected')
    expect((await numbers(few, '/v1/cases')).toSorted()).toEqual([decided.caseNumber, suspected.caseNumber].toSorted())
    expect(await numbers(many, '/v1/cases')).toEqual([decided.caseNumber])
    for (const path of partsOf(suspected).slice(role === 'auditor' ? 1 : 0)) {
      const { status, body } = await many.get(path, { headers: { 'accept-language': 'en' } })
      expect([path, status, String(body.code)]).toEqual([path, 403, 'scope-not-allowed'])
      expect(String(body.detail)).toContain('violation-notice:suspected')
      expect((await few.get(path)).status).toBe(200)
    }
    for (const path of partsOf(decided).slice(role === 'auditor' ? 1 : 0))
      expect([path, (await many.get(path)).status]).toEqual([path, 200])
  })
})

it('a suspicion’s tasks and documents are for the same few', async () => {
  const few = net.node('510100').as('officer')
  const many = await without('510100', 'officer', 'violation-notice:suspected')
  const [task] = await few.all(`/v1/tasks?case=${suspected.caseNumber}`)
  expect(task).toBeDefined()
  expect(await many.all(`/v1/tasks?case=${suspected.caseNumber}`)).toEqual([])
  expect((await many.get(`/v1/tasks/${task?.id}`)).status).toBe(403)
  expect((await many.post(`/v1/tasks/${task?.id}/close`)).status).toBe(403)
  const [document] = listOf((await few.get(`/v1/cases/${suspected.caseNumber}/documents`)).body.items)
  expect((await many.get(`/v1/cases/${suspected.caseNumber}/documents/${document?.id}`)).status).toBe(403)
})

it('cannot be written without its scope, and nothing of the attempt is kept', async () => {
  const many = await without('510100', 'officer', 'violation-notice:suspected')
  const before = await numbers(net.node('510100').as('officer'), '/v1/cases')
  const notice = { ...body(violationNotice, exampleData(violationNotice, 'notice', 1)), to: '500000-0001' }
  const refused = await many.post('/v1/violation-notices', notice)
  expect([refused.status, String(refused.body.code)]).toEqual([403, 'scope-not-allowed'])
  expect(await numbers(net.node('510100').as('officer'), '/v1/cases')).toEqual(before)
  const ifMatch = (await net.node('510100').as('officer').get(`/v1/cases/${suspected.caseNumber}`)).headers.get('etag') ?? ''
  const correction = body(violationNotice, exampleData(violationNotice, 'correction', 1))
  const path = `/v1/violation-notices/${suspected.caseNumber}/correction`
  expect((await many.post(path, correction, { ifMatch })).status).toBe(403)
})

it('is everybody’s once it is a decision', async () => {
  await addDocument(net, suspected, '510100', 'correction', exampleData(violationNotice, 'correction', 1))
  await net.settle()
  for (const region of ['510100', '500000']) {
    const many = await without(region, 'officer', 'violation-notice:suspected')
    expect((await numbers(many, '/v1/violation-notices')).toSorted()).toEqual([decided.caseNumber, suspected.caseNumber].toSorted())
  }
})

it('scopes are of one procedure: lists across procedures hold what they cover', async () => {
  const others = await without('510100', 'officer', 'violation-notice:read')
  expect(await numbers(others, '/v1/cases')).toEqual([])
  expect((await others.get(`/v1/cases/${decided.caseNumber}`)).status).toBe(403)
  expect((await others.get('/v1/violation-notices')).status).toBe(403)
  expect(await others.all('/v1/tasks')).toEqual([])
})

it('imports write what their client may write, and no more', async () => {
  const few = await without('510100', 'officer', 'violation-notice:write')
  const importOf = async (client: ApiClient, target: string, line: unknown) =>
    await client.post(`/v1/imports?target=${target}`, JSON.stringify(line), { headers: { 'content-type': 'application/x-ndjson' } })
  const notice = { ...body(violationNotice, exampleData(violationNotice, 'notice', 1)), to: '500000-0001' }
  expect(String((await importOf(few, 'violation-notice', notice)).body.code)).toBe('scope-not-allowed')
  const many = await without('510100', 'officer', 'violation-notice:suspected')
  const { status, body: created } = await importOf(many, 'violation-notice', notice)
  expect(status).toBe(202)
  await net.settle()
  expect((await many.all(`/v1/imports/${created.id}/errors`)).map(({ code }) => String(code))).toEqual(['scope-not-allowed'])
})
