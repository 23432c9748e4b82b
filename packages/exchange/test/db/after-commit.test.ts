import { afterAll, beforeAll, expect, it } from 'vitest'
import { testDatabase } from '../../../testkit/src/postgres/test-database.ts'
import { listAlerts, raiseAlert } from '../../src/alerts/alert-store.ts'
import { afterCommit, transact } from '../../src/db/transact.ts'
import { openTwoNodes, type TwoNodes } from '../reconcile/two-nodes.ts'

const databases = { chengdu: testDatabase(), chongqing: testDatabase() }
let nodes: TwoNodes
beforeAll(async () => {
  nodes = await openTwoNodes({ chengdu: databases.chengdu.url, chongqing: databases.chongqing.url })
})
afterAll(async () => await nodes[Symbol.asyncDispose]())

const alert = (key: string) => ({ kind: 'message.refused', key, detail: { reason: 'schema' } }) as const
const counted = async () => (await nodes.chengdu.metrics.alerts.get()).values.find(({ labels }) => labels.kind === 'message.refused')?.value
const logged = () => nodes.lines.filter((line) => line.includes('alert.raised')).length
const stored = async () => (await listAlerts(nodes.chengdu, { limit: 50 })).items.length

it('an alert counts, and is logged, when it is stored: not before, not of a transaction that was rolled back, once of one that ran twice', async () => {
  const ctx = nodes.chengdu
  const seen = async () => [await stored(), await counted(), logged()]
  await transact(ctx.db, async (tx) => {
    await raiseAlert(tx, ctx, alert('one'))
    expect(await seen()).toEqual([0, 0, 0])
  })
  expect(await seen()).toEqual([1, 1, 1])

  const rolledBack = transact(ctx.db, async (tx) => {
    await raiseAlert(tx, ctx, alert('two'))
    throw new Error('what follows fails')
  })
  await expect(rolledBack).rejects.toThrow('what follows fails')
  expect(await seen()).toEqual([1, 1, 1])

  let tries = 0
  await transact(ctx.db, async (tx) => {
    await raiseAlert(tx, ctx, alert('two'))
    if (++tries === 1) throw Object.assign(new Error('deadlock detected'), { code: '40P01' })
  })
  expect(await seen()).toEqual([2, 2, 2])
  await raiseAlert(ctx.db, ctx, alert('two'))
  expect(await seen()).toEqual([2, 2, 2])
  await raiseAlert(ctx.db, ctx, alert('three'))
  expect(await seen()).toEqual([3, 3, 3])
})

it('a transaction that nobody would tell of its end says so', async () => {
  await expect(nodes.chengdu.db.transaction().execute(async (tx) => afterCommit(tx, () => {}))).rejects.toThrow('transact()')
})
