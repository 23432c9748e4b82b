import { violationNotice } from '@hefu/procedures'
import { parseAddCheckpoint } from '@hefu/translog'
import { expect, it } from 'vitest'
import { TestNetwork } from '../../src/index.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'
import { chengdu, chongqing } from '../faults/bodies.ts'
import { query } from '../faults/observe.ts'
import { exampleData, openCase } from './play.ts'

const mianyang = '510700'

it('a witness that does not answer holds up no other, is given up after five seconds, and is then asked for the newest head', {
  timeout: 120_000,
}, async () => {
  await using net = await TestNetwork.create([chengdu, chongqing, mianyang])
  const { databaseUrl } = net.node(chengdu)
  const cosigned = async (region: string) => {
    const rows = await query<{ size: string }>(databaseUrl, 'select size from log_witnesses where witness like $1', [`%${region}%`])
    return Number(rows[0]?.size ?? 0)
  }
  await waitUntil(async () => (await cosigned(chongqing)) > 0 && (await cosigned(mianyang)) > 0, 20_000)
  const isAsking = ({ path }: { path: string }) => path.endsWith('/witness/add-checkpoint')
  const link = net.link(chengdu, chongqing)
  const silent = link.inject({ kind: 'hold' }, { log: true, when: isAsking })
  const open = async () => await openCase(net, violationNotice, chengdu, mianyang, exampleData(violationNotice, 'notice'))

  await open()
  await silent.hit(1)
  const askedAt = performance.now()
  const heads: number[] = []
  for (let round = 0; round < 2; round++) {
    const before = await cosigned(mianyang)
    await open()
    await waitUntil(async () => (await cosigned(mianyang)) > before, 20_000)
    heads.push(await cosigned(mianyang))
  }
  // One request for all of them, and the other witness went on meanwhile.
  const asked = silent.hits()
  expect(asked).toBeLessThanOrEqual(1 + Math.floor((performance.now() - askedAt) / 4_900))
  await silent.hit(asked + 1)
  expect(performance.now() - askedAt).toBeGreaterThan(4_900 * asked)
  const held = link.exchanges().filter(({ request, faults }) => isAsking(request) && faults.includes('hold'))
  const size = (body: Buffer | undefined) => {
    const parsed = parseAddCheckpoint(body ?? Buffer.alloc(0))
    if (!parsed.ok) throw new Error(parsed.code)
    return parsed.value.parsed.checkpoint.size
  }
  expect(size(held.at(-1)?.request.body)).toBeGreaterThanOrEqual(heads.at(-1) ?? Number.POSITIVE_INFINITY)
  expect(size(held[0]?.request.body)).toBeLessThan(heads.at(-1) ?? 0)
  silent.remove()
  await waitUntil(async () => (await cosigned(chongqing)) >= (heads.at(-1) ?? 0), 20_000)
})
