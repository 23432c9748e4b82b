import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportLog, folderReader, matchExports, verifyExport } from '@hefu/cli'
import type { Node } from '@hefu/node'
import { keyOwner, policiesOf } from '@hefu/protocol'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { TestNetwork } from '../../src/index.ts'
import { chengdu, chongqing, notice } from '../faults/bodies.ts'
import { settleWitnessed } from './audit-command.ts'
import { openTamperer, startReader, type Tamperer } from './tamper.ts'

const mianyang = '510700'
const others = [chongqing, mianyang] as const
/** Another history than the one that was cosigned: of its length, or longer. */
const HISTORY = /^cosigned-(?:contradicts|beyond)$/
const LATER_MS = 3 * 60_000
/** Of an auditor, from the node before it was stopped. */
let token: string
const nowMs = () => Date.now() + LATER_MS

/** Chengdu's database and the key of its log are in one hand; Chongqing and Mianyang have witnessed that log, both, and exchanged with it. */
let dir: string
let net: TestNetwork
let tamperer: Tamperer
let api: Node
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hefu-tampering-three-'))
  net = await TestNetwork.create([chengdu, chongqing, mianyang])
  const officer = net.node(chengdu).as('officer')
  for (const region of others) {
    expect((await officer.post('/v1/violation-notices', { ...notice, to: `${region}-0001` })).status).toBe(201)
    await net.settle()
  }
  net.moveClock(LATER_MS)
  await officer.get('/v1/cases')
  await settleWitnessed(net)
  for (const region of others) await exported(net.node(region).node.api ?? '', await net.node(region).token('auditor'), region)
  token = await net.node(chengdu).token('auditor')
  await net.node(chengdu).node.stop()
  tamperer = await openTamperer(net.node(chengdu))
  api = await startReader(net.node(chengdu), nowMs)
}, 60_000)
afterEach(async () => await tamperer.restore())
afterAll(async () => {
  await api?.stop()
  await tamperer?.[Symbol.asyncDispose]()
  await net?.[Symbol.asyncDispose]()
  await rm(dir, { recursive: true, force: true })
})

async function exported(from: string, token: string, name: string): Promise<string> {
  await exportLog({ api: from, token, out: join(dir, name), nowMs })
  return join(dir, name)
}

/** Codes of what is found in Chengdu's half: alone, and beside each of the other two. */
async function findings(): Promise<Record<'verify' | (typeof others)[number], string[]>> {
  const folder = await exported(api.api ?? '', token, 'tampered')
  const { federation } = net.node(chongqing).node.ctx
  const options = { policies: policiesOf(federation), lookUpKey: (kid: string) => keyOwner(federation, kid) }
  const codesOf = ({ report }: { report: { findings: readonly { code: string }[] } }) => [
    ...new Set(report.findings.map(({ code }) => code)),
  ]
  const verified = await verifyExport(folderReader(folder), options)
  const beside = async (region: string) => ({
    report: await matchExports([folderReader(folder), folderReader(join(dir, region))], options),
  })
  const found = { verify: codesOf(verified), [chongqing]: codesOf(await beside(chongqing)), [mianyang]: codesOf(await beside(mianyang)) }
  await rm(folder, { recursive: true })
  return found as Record<'verify' | (typeof others)[number], string[]>
}

it('who does nothing is accused by nobody', async () => {
  expect(await findings()).toEqual({ verify: [], [chongqing]: [], [mianyang]: [] })
})

it('a message to one of them taken out, all made anew and signed: the half alone tells it, and both others, the one it was not for too', async () => {
  const entries = await tamperer.entries()
  const gone = entries.findIndex((entry) => entry.includes('"kind":"message.sent"') && entry.includes(`"aud":"${chongqing}"`))
  expect(gone).toBeGreaterThan(0)
  await tamperer.rewrite(entries.toSpliced(gone, 1), { forgetWitnesses: true })
  const found = await findings()
  expect(found.verify).toEqual(expect.arrayContaining(['no-quorum']))
  expect(found[chongqing]).toEqual(expect.arrayContaining(['received-not-sent', expect.stringMatching(HISTORY)]))
  expect(found[mianyang]).toContainEqual(expect.stringMatching(HISTORY))
  expect(found[mianyang]).not.toContain('received-not-sent')
})

it('an entry altered, with the size as it was: each witness has cosigned another tree of it', async () => {
  const entries = await tamperer.entries()
  const place = entries.findIndex((entry) => entry.includes('"kind":"message.sent"'))
  await tamperer.rewrite(entries.with(place, String(entries[place]).replace('"document":"notice"', '"document":"filing"')))
  const found = await findings()
  expect(found.verify).toContain('witness-contradicts')
  for (const region of others) expect(found[region]).toContain('cosigned-contradicts')
})
