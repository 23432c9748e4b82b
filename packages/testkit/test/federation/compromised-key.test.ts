import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { violationNotice } from '@hefu/procedures'
import { keyOwner } from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import { expect, it } from 'vitest'
import { hefu } from '../../../cli/test/run-hefu.ts'
import { offlineIn } from '../../src/federation-files.ts'
import { listOf, TestNetwork } from '../../src/index.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'
import { hefuAudit, settleWitnessed, writeTrust } from './audit-command.ts'
import { addDocument, exampleData, openCase } from './play.ts'

const [chengdu, chongqing] = ['510100', '500000'] as [RegionId, RegionId]

it('what was exchanged before a key was stolen verifies from the evidence of either side alone, its receipts too', {
  timeout: 120_000,
}, async () => {
  await using net = await TestNetwork.create([chengdu, chongqing])
  const old = await openCase(net, violationNotice, chengdu, chongqing, exampleData(violationNotice, 'notice'))
  await net.settle()
  await addDocument(net, old, chongqing, 'filing', exampleData(violationNotice, 'filing'))
  await settleWitnessed(net)
  // Of each hour one checkpoint is kept, so nobody can tell a theft from what came in the same hour.
  await net.moveClock(2 * 3_600_000)
  const stolenAt = new Date(net.node(chongqing).node.ctx.now() - 60_000).toISOString()

  const { files, signer } = net.node(chongqing)
  const key = async (command: string, ...args: string[]) => {
    const root = offlineIn(dirname(dirname(files.keys))).rootKey(chongqing)
    const done = await hefu(['key', command, '--keys', files.keys, '--root', root, ...args, '--json'])
    expect([done.status, done.stderr]).toEqual([0, ''])
  }
  await key('rotate', '--now')
  await key('revoke', '--kid', signer.kid, '--reason', 'compromised', '--at', stolenAt)
  const known = (region: string) => () => keyOwner(net.node(region).node.ctx.federation, signer.kid)?.times?.revoked !== undefined
  // Its own node first: a peer looks by itself, once it is an hour later, and then not again for an hour.
  await waitUntil(known(chongqing), 20_000)
  await net.moveClock(2 * 3_600_000)
  await waitUntil(known(chengdu), 20_000)
  // Newer checkpoints than the theft: they say nothing of what is older.
  await openCase(net, violationNotice, chengdu, chongqing, exampleData(violationNotice, 'notice'))
  await settleWitnessed(net)

  const dir = await mkdtemp(join(tmpdir(), 'hefu-compromised-'))
  const trust = await writeTrust(dir, net.node(chengdu).node.ctx.federation)
  for (const region of [chengdu, chongqing]) {
    const { status, body } = await net.node(region).as('officer').get(`/v1/cases/${old.caseNumber}/evidence`)
    expect([status, listOf(body.peers)]).toMatchObject([200, [{ status: 'proven' }]])
    const file = join(dir, `${region}.json`)
    await writeFile(file, JSON.stringify(body))
    const audited = await hefuAudit(['case', file, ...trust])
    expect([region, audited.status, audited.report.findings]).toEqual([region, 0, []])
    // Without the entries about the receipts nobody says that these are older than the theft.
    const bare = listOf(body.documents).map((one) => ({
      ...one,
      logProofs: listOf(one.logProofs).filter(({ entry }) => !String(entry).includes('"kind":"receipt.')),
    }))
    await writeFile(file, JSON.stringify({ ...body, documents: bare }))
    const doubted = await hefuAudit(['case', file, ...trust])
    expect(doubted.report.findings).toContainEqual(expect.objectContaining({ code: 'key-compromised' }))
  }
  await rm(dir, { recursive: true })
})
