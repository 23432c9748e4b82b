import { requestToken } from '@hefu/cli'
import { scopesOfRole } from '@hefu/exchange'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { accountData as data, accountQuery as procedure } from '../../../procedures/test/address-query/with-account.ts'
import { type ApiClient, apiClient, listOf, TestNetwork } from '../../src/index.ts'
import { openCase, type PlayedCase } from './play.ts'

/** The scope `sensitive`, over HTTP, with a procedure whose opening document holds a bank account. */
let net: TestNetwork
let played: PlayedCase
beforeAll(async () => {
  net = await TestNetwork.create(['510100', '500000'], { procedures: [procedure] })
  played = await openCase(net, procedure, '510100', '500000', data)
  await net.settle()
})
afterAll(async () => await net[Symbol.asyncDispose]())

const regions = ['510100', '500000']
const purpose = { headers: { 'hefu-purpose': 'labour-inspection' } }
const unsaid = { headers: { 'hefu-purpose': '' } }

async function withoutScope(region: string): Promise<ApiClient> {
  const { node, clients } = net.node(region)
  const { id, keyFile } = clients.officer
  const scopes = scopesOfRole([procedure], 'officer').filter((scope) => scope !== 'sensitive')
  const { token } = await requestToken({ api: node.api ?? '', client: id, key: keyFile, scopes, nowMs: node.ctx.now() })
  return apiClient(node.api ?? '', token)
}

async function addressOf(region: string): Promise<string> {
  const { body } = await net.node(region).as('officer').get(`/v1/cases/${played.caseNumber}`)
  return `/v1/cases/${played.caseNumber}/documents/${listOf(body.documents)[0]?.id}`
}

it.each(regions)('at %s: with its scope and a purpose the account is shown; without the scope the rest is', async (region) => {
  const address = await addressOf(region)
  const whole = await net.node(region).as('officer').get(address, purpose)
  expect([whole.status, whole.body.data, typeof whole.body.message]).toEqual([200, data, 'string'])
  const less = await (await withoutScope(region)).get(address, purpose)
  // Bytes are whole or absent: they hold the account too.
  expect([less.status, less.body.data, less.body.message]).toEqual([200, { ...data, account: '****0123' }, null])
})

it.each(regions)('at %s: without a purpose the scope shows nothing', async (region) => {
  for (const client of [net.node(region).as('officer'), await withoutScope(region)]) {
    const { status, body } = await client.get(await addressOf(region), unsaid)
    expect([status, body.data, body.message]).toEqual([200, { ...data, reason: '****', account: '****0123' }, null])
  }
})

it.each(regions)('at %s: no other answer about the case has the account, evidence only for who holds the scope', async (region) => {
  const few = await withoutScope(region)
  for (const path of ['', '/documents', '/timeline', '/next', '/evidence']) {
    const { status, body } = await few.get(`/v1/cases/${played.caseNumber}${path}`, purpose)
    expect([path, status]).toEqual([path, 200])
    expect(JSON.stringify(body)).not.toContain(data.account)
    if (path === '/evidence') expect(listOf(body.documents).map(({ message }) => message)).toEqual([null])
  }
  const evidence = await net.node(region).as('officer').get(`/v1/cases/${played.caseNumber}/evidence`, purpose)
  expect(listOf(evidence.body.documents).map(({ message }) => typeof message)).toEqual(['string'])
})

it('a client has the scope only where it was given, and no other role can', () => {
  for (const role of ['operator', 'security', 'auditor'] as const) expect(scopesOfRole([procedure], role)).not.toContain('sensitive')
})
