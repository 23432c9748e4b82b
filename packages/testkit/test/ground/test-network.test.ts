import { violationNotice } from '@hefu/procedures'
import { expect, it } from 'vitest'
import { type Json, listOf, TestNetwork } from '../../src/index.ts'
import { exampleData, openCase, readCase, tryDocument } from '../federation/play.ts'

const chengdu = '510100'
const chongqing = '500000'
const notice = () => exampleData<Record<string, unknown>>(violationNotice, 'notice')
const agreementsOf = (net: TestNetwork, region: string) => net.node(region).node.ctx.federation.agreements

it('the agreements of each region are what its option says, and the node goes by them', async () => {
  await using net = await TestNetwork.create([chengdu, chongqing], {
    agreements: (usual, region) =>
      usual.map((one) => ({ ...one, ...(region === chongqing ? { purposes: ['another-purpose'] } : { automatic: false }) })),
  })
  const held = (region: string) => agreementsOf(net, region).map(({ procedure, automatic }) => [procedure, automatic])
  const all = ['violation-notice/1', 'insurance-transfer/1', 'certificate-recognition/1']
  expect(held(chengdu)).toEqual(all.map((procedure) => [procedure, false]))
  expect(held(chongqing)).toEqual(all.map((procedure) => [procedure, true]))
  const played = await openCase(net, violationNotice, chengdu, chongqing, notice())
  await net.settle()
  expect(await readCase(net, played, chengdu)).toMatchObject({ state: 'undelivered', documents: [{ reasonCode: 'agreement' }] })
})

it('a restarted node holds what it held, runs as it is told, and the next restart forgets that', async () => {
  await using net = await TestNetwork.create([chengdu, chongqing])
  const played = await openCase(net, violationNotice, chengdu, chongqing, notice())
  await net.settle()
  const { node } = net.node(chongqing)
  const held: Json = await readCase(net, played, chongqing)
  await net.restart(chongqing, { agreements: () => [], procedures: [violationNotice] })
  expect(net.node(chongqing).node).not.toBe(node)
  expect(await readCase(net, played, chongqing)).toEqual(held)
  const { ctx } = net.node(chongqing).node
  expect([ctx.federation.agreements, ctx.procedures]).toEqual([[], [violationNotice]])
  await net.restart(chongqing)
  expect(agreementsOf(net, chongqing)).toEqual(agreementsOf(net, chengdu))
  expect((await tryDocument(net, played, chongqing, 'filing', exampleData(violationNotice, 'filing'))).status).toBe(201)
  await net.settle()
  expect(listOf((await readCase(net, played, chengdu)).documents)).toHaveLength(2)
  expect(await net.differences()).toEqual([])
})
