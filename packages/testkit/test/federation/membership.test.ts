import { dirname } from 'node:path'
import { violationNotice } from '@hefu/procedures'
import { keyOwner, type RegistryClaims } from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { changeRegistry } from '../../src/federation-files.ts'
import { listOf, TestNetwork } from '../../src/index.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'
import { postInbox, signedNotice } from '../faults/craft.ts'
import { count, query } from '../faults/observe.ts'
import { addDocument, body, exampleData, openCase, type PlayedCase, readCase, tryDocument } from './play.ts'

/** Mianyang leaves a federation whose nodes are running, and comes back. */
const [chengdu, chongqing, mianyang] = ['510100', '500000', '510700'] as [RegionId, RegionId, RegionId]
let net: TestNetwork
let whole: RegistryClaims
let before: PlayedCase
let onItsWay: string
beforeAll(async () => {
  // As neighbours agree: one agreement for each pair.
  const pairs = [
    [chengdu, chongqing],
    [chengdu, mianyang],
    [chongqing, mianyang],
  ]
  net = await TestNetwork.create([chengdu, chongqing, mianyang], {
    agreements: (usual) => usual.flatMap((one) => pairs.map((regions) => ({ ...one, id: `${one.id}-${regions.join('-')}`, regions }))),
  })
})
afterAll(async () => await net?.[Symbol.asyncDispose]())

const notice = () => exampleData(violationNotice, 'notice')
const ctxOf = (region: string) => net.node(region).node.ctx

/** One registry for all, taken up without a restart. */
async function sign(change: (claims: RegistryClaims) => RegistryClaims): Promise<void> {
  for (const { region, files } of net.nodes) {
    const { version } = ctxOf(region).federation
    await changeRegistry(dirname(dirname(files.keys)), files, change)
    await waitUntil(() => ctxOf(region).federation.version === version + 1, 20_000)
  }
}

const without = (region: string) => (claims: RegistryClaims) => ({
  ...claims,
  regions: claims.regions.filter((one) => one.region !== region),
  agencies: claims.agencies.filter((one) => one.region !== region),
  agreements: claims.agreements.filter(({ regions }) => !regions.includes(region as RegionId)),
})

const delivery = async (region: string, jti: string) => (await net.node(region).as('operator').get(`/v1/deliveries/${jti}`)).body

it('a region leaves: nothing new goes to it or comes from it, and the operators are told so', async () => {
  before = await openCase(net, violationNotice, chengdu, mianyang, notice())
  await net.settle()
  const cut = net.link(chengdu, mianyang).inject({ kind: 'cut', how: 'refuse' })
  onItsWay = (await openCase(net, violationNotice, chengdu, mianyang, notice())).caseNumber
  await cut.hit()
  await sign((claims) => {
    whole = claims
    return without(mianyang)(claims)
  })
  cut.remove()

  const opened = await net
    .node(chengdu)
    .as('officer')
    .post('/v1/violation-notices', { ...body(violationNotice, notice()), to: `${mianyang}-0001` })
  expect([opened.status, opened.body.code]).toEqual([422, 'recipient-unknown'])
  const added = await tryDocument(net, before, chengdu, 'retraction', exampleData(violationNotice, 'retraction'))
  expect(added.body).toMatchObject({ status: 403, code: 'agreement-missing' })

  const own = { iss: mianyang, from: `${mianyang}-0001` as never }
  const intruder = await postInbox(net.node(chongqing).node.exchange ?? '', (await signedNotice(net.node(mianyang).signer, own)).token)
  expect([intruder.status, intruder.json.code]).toEqual([400, 'unverifiable'])

  const [row] = await query(net.node(chengdu).databaseUrl, 'select jti from outbox where case_number = $1', [onItsWay])
  await waitUntil(async () => String((await delivery(chengdu, String(row?.jti))).lastFailure?.cause) === 'not-in-registry', 20_000)
  expect(await delivery(chengdu, String(row?.jti))).toMatchObject({ state: 'pending', peer: mianyang })
})

it('what was exchanged with it stays readable and provable', async () => {
  expect(await readCase(net, before, chengdu)).toMatchObject({ state: 'notified', documents: [{ standing: 'effective' }] })
  const { kid } = net.node(mianyang).signer
  expect(keyOwner(ctxOf(chengdu).federation, kid)?.region).toBe(mianyang)
  const evidence = await net.node(chengdu).as('auditor').get(`/v1/cases/${before.caseNumber}/evidence`)
  expect(evidence.status).toBe(200)
  expect(listOf(evidence.body.keys).find(({ key }) => String(key?.kid) === kid)).toMatchObject({ region: mianyang })
})

it('the others go on without it', async () => {
  const played = await openCase(net, violationNotice, chongqing, chengdu, notice())
  await waitUntil(
    async () =>
      (await count(net.node(chongqing).databaseUrl, "select count(*) from outbox where case_number = $1 and state = 'delivered'", [
        played.caseNumber,
      ])) === 1,
    20_000,
  )
  expect((await net.node(chongqing).as(null).get('/readyz')).status).toBe(200)
})

it('a region joins running nodes: what waited for it arrives, and cases go both ways', async () => {
  await sign(({ version }) => ({ ...whole, version }))
  await net.settle({ timeoutMs: 60_000 })
  expect(await count(net.node(mianyang).databaseUrl, 'select count(*) from cases where case_number = $1', [onItsWay])).toBe(1)
  const back = await openCase(net, violationNotice, mianyang, chongqing, notice())
  await net.settle()
  await addDocument(net, back, chongqing, 'filing', exampleData(violationNotice, 'filing'))
  expect(await net.differences()).toEqual([])
})
