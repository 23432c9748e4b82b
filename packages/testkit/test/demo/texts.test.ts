import { employers } from '@hefu/procedures'
import type { RegionId } from '@hefu/reference'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { importRegisters } from '../../src/demo/import-registers.ts'
import { openMeter } from '../../src/demo/measure.ts'
import { TestNetwork } from '../../src/index.ts'
import { chengdu, chongqing, notice } from '../faults/bodies.ts'

let net: TestNetwork
beforeAll(async () => {
  net = await TestNetwork.create([chengdu, chongqing])
})
afterAll(async () => await net?.[Symbol.asyncDispose]())

const { signal } = new AbortController()

test('rows that an import does not take: each language has its own text', async () => {
  const input = {
    region: chengdu as RegionId,
    register: employers,
    text: '{"uscc":"91510100MA6C4X1J21"}\nno JSON\n{"secret":1}\n',
    file: '510100/registers/employers.ndjson',
    rows: 3,
  }
  const problems = await importRegisters((region) => net.node(region).as('officer'), [input], signal)
  expect(new Set(problems.map(({ line }) => line))).toEqual(new Set([1, 2, 3]))
  for (const { file, zh, en } of problems) {
    expect(file).toBe(input.file)
    expect(zh).toMatch(/\p{Script=Han}/u)
    expect(zh).not.toContain(' / ')
    expect(en).toMatch(/[a-z]{2}/)
    expect(en).not.toMatch(/\p{Script=Han}/u)
  }
})

test('what is still on its way is told in both languages; nothing is told when nothing is', async () => {
  const meter = await openMeter(net)
  try {
    expect(await meter.settle(5_000, signal)).toBeNull()
    await net.node(chengdu).as('operator').post(`/v1/peers/${chongqing}/pause`)
    expect((await net.node(chengdu).as('officer').post('/v1/violation-notices', notice)).status).toBe(201)
    expect(await meter.settle(100, signal)).toEqual({ zh: '510100：待送达 1，待办理 0', en: '510100: 1 pending, 0 not applied' })
    await net.node(chengdu).as('operator').post(`/v1/peers/${chongqing}/resume`)
    expect(await meter.settle(20_000, signal)).toBeNull()
  } finally {
    await meter.close()
  }
})
