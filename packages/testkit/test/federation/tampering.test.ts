import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportLog, folderReader, matchExports, verifyExport } from '@hefu/cli'
import type { Node } from '@hefu/node'
import { formatLogEntry, keyOwner, type LogEntry, parseLogEntry, policiesOf } from '@hefu/protocol'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { TestNetwork } from '../../src/index.ts'
import { chengdu, chongqing, correction, filing, notice } from '../faults/bodies.ts'
import { hefuAudit, settleWitnessed, writeTrust } from './audit-command.ts'
import { openTamperer, startReader, type Tamperer } from './tamper.ts'

/** What is younger than two minutes may still be on its way: afterwards there is no such excuse. */
const LATER_MS = 3 * 60_000
/** Of an auditor, from the node before it was stopped. */
let token: string
/** Another history than the one that was cosigned: of its length, or longer. */
const HISTORY = /^(?:witness|cosigned)-(?:contradicts|beyond)$/

let dir: string
let net: TestNetwork
let trust: readonly string[]
let caseNumber: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hefu-tampering-'))
  net = await TestNetwork.create([chengdu, chongqing])
  trust = await writeTrust(dir, net.node(chengdu).node.ctx.federation)
  caseNumber = await playCase()
  await playCase()
  await net.moveClock(LATER_MS)
  await officer(chengdu).get(`/v1/cases/${caseNumber}`)
  await officer(chongqing).get(`/v1/cases/${caseNumber}`)
  await settleWitnessed(net)
}, 60_000)
afterAll(async () => {
  await api?.stop()
  await tamperer?.[Symbol.asyncDispose]()
  await net?.[Symbol.asyncDispose]()
  await rm(dir, { recursive: true, force: true })
})

const officer = (region: string) => net.node(region).as('officer')
const at = (name: string) => join(dir, name)

async function playCase(): Promise<string> {
  const opened = await officer(chengdu).post('/v1/violation-notices', notice)
  expect(opened.status).toBe(201)
  const number = String(opened.body.caseNumber)
  const path = `/v1/violation-notices/${number}`
  await net.settle()
  await add(chengdu, `${path}/correction`, path, correction)
  await net.settle()
  await add(chongqing, `${path}/filing`, path, filing)
  await net.settle()
  return number
}

async function add(region: string, to: string, path: string, body: unknown): Promise<void> {
  const ifMatch = (await officer(region).get(path)).headers.get('etag') ?? ''
  expect((await officer(region).post(to, body, { ifMatch })).status).toBe(201)
}

const nowMs = () => Date.now() + LATER_MS

async function exported(api: string, token: string, name: string): Promise<string> {
  await exportLog({ api, token, out: at(name), nowMs })
  return at(name)
}

describe('an untouched federation', () => {
  it('is exported, verified and matched by the command, without a finding', { timeout: 60_000 }, async () => {
    for (const { region, node, token } of net.nodes) {
      await exported(node.api ?? '', await token('auditor'), region)
      const { status, report, stderr } = await hefuAudit(['verify', at(region), ...trust])
      expect([status, stderr.includes('Error'), report.findings]).toEqual([0, false, []])
      expect(report).toMatchObject({ region, receiptSignatures: true, proven: report.size, receipts: 6 })
    }
    const { status, report } = await hefuAudit(['match', at(chengdu), at(chongqing), ...trust])
    expect([status, report.findings]).toEqual([0, []])
    // What the later export knows of the earlier half is known once that half is exported again.
    expect(codesOf(report.notes)).toEqual(['cosigned-later'])
    await exported(net.node(chengdu).node.api ?? '', await net.node(chengdu).token('auditor'), chengdu)
    const again = await hefuAudit(['match', at(chengdu), at(chongqing), ...trust])
    expect([again.status, again.report.findings]).toEqual([0, []])
  })

  it('proves a case to whoever has its evidence and no node', { timeout: 60_000 }, async () => {
    for (const { region, ...node } of net.nodes) {
      const answer = await node.as('officer').get(`/v1/cases/${caseNumber}/evidence`)
      expect(answer.status).toBe(200)
      await writeFile(at(`${region}.json`), JSON.stringify(answer.body))
      const { status, report } = await hefuAudit(['case', at(`${region}.json`), ...trust])
      expect([status, report.findings, report.notes]).toEqual([0, [], []])
      expect(report.documents).toHaveLength(3)
      // Each half proves by itself that both logs have every document.
      for (const { provenBy } of report.documents as { provenBy: string[] }[]) expect(provenBy).toHaveLength(2)
      expect(report.peers).toEqual([{ region: region === chengdu ? chongqing : chengdu, status: 'proven' }])
    }
    const withoutContent = await net.node(chengdu).as('auditor').get(`/v1/cases/${caseNumber}/evidence`)
    await writeFile(at('digests.json'), JSON.stringify(withoutContent.body))
    const { status, report } = await hefuAudit(['case', at('digests.json'), ...trust])
    expect([status, report.findings]).toEqual([0, []])
    expect(codesOf(report.notes)).toEqual(['content-not-held'])
  })
})

describe('evidence while the peer is away', () => {
  it('is given, proves what this log has, and says who did not answer', { timeout: 60_000 }, async () => {
    const cut = net.link(chengdu, chongqing).inject({ kind: 'cut', how: 'hang' }, { log: true })
    const answer = await officer(chengdu).get(`/v1/cases/${caseNumber}/evidence`)
    cut.remove()
    expect([answer.status, answer.body.peers]).toEqual([200, [{ region: chongqing, status: 'away' }]])
    await writeFile(at('alone.json'), JSON.stringify(answer.body))
    const { status, report } = await hefuAudit(['case', at('alone.json'), ...trust])
    expect([status, report.findings]).toEqual([0, []])
    expect(new Set(codesOf(report.notes))).toEqual(new Set(['proven-by-one', 'peer-unproven']))
  })
})

let tamperer: Tamperer | undefined
let api: Node | undefined

describe('somebody with the database and the key of the log', () => {
  beforeAll(async () => {
    await settleWitnessed(net)
    await exported(net.node(chongqing).node.api ?? '', await net.node(chongqing).token('auditor'), 'other-half')
    // The real node ends; what it left behind is shown by one that changes nothing.
    token = await net.node(chengdu).token('auditor')
    await net.node(chengdu).node.stop()
    tamperer = await openTamperer(net.node(chengdu))
    api = await startReader(net.node(chengdu), nowMs)
  }, 60_000)
  afterEach(async () => await tamper().restore())

  const tamper = () => {
    if (tamperer === undefined) throw new Error('nobody is at the database yet')
    return tamperer
  }

  it('who does nothing is not accused', async () => {
    expect(await findings()).toEqual({ verify: [], match: [] })
  })

  it('deletes an entry and recomputes everything', async () => {
    const entries = await tamper().entries()
    const gone = placeOf(entries, 'message.received')
    await tamper().rewrite(entries.toSpliced(gone, 1))
    const kept = await findings()
    expect(kept.verify).toEqual(expect.arrayContaining([expect.stringMatching(HISTORY), 'message-unlogged']))
    expect(kept.match).toEqual(expect.arrayContaining([expect.stringMatching(HISTORY), 'sent-not-received']))
    await tamper().rewrite(entries.toSpliced(gone, 1), { forgetWitnesses: true })
    const forgotten = await findings()
    expect(forgotten.verify).toContain('no-quorum')
    expect(forgotten.match).toContainEqual(expect.stringMatching(HISTORY))
    await tamper().restore()
    // With something else in its place the size is right again.
    await tamper().rewrite([...entries.toSpliced(gone, 1), heartbeat(nowMs())])
    const filled = await findings()
    expect(filled.verify).toContain('witness-contradicts')
    expect(filled.match).toContain('cosigned-contradicts')
  })

  it('alters an entry', async () => {
    const entries = await tamper().entries()
    const place = placeOf(entries, 'message.sent')
    const altered = String(entries[place]).replace('"document":"notice"', '"document":"filing"')
    expect(altered).not.toBe(entries[place])
    await tamper().client.query('update log_entries set entry = $1 where index = $2', [altered, place])
    expect((await findings()).verify).toContain('leaf-differs')
    await tamper().rewrite(entries.with(place, altered), { sign: false })
    expect((await findings()).verify).toContain('root-differs')
    await tamper().rewrite(entries.with(place, altered))
    const signed = await findings()
    expect(signed.verify).toContain('witness-contradicts')
    expect(signed.match).toContain('message-unlike')
  })

  it('swaps two entries', async () => {
    const entries = await tamper().entries()
    const [one, other] = [placeOf(entries, 'message.sent'), placeOf(entries, 'message.received')]
    await tamper().rewrite(entries.with(one, String(entries[other])).with(other, String(entries[one])))
    const swapped = await findings()
    expect(swapped.verify).toContain('witness-contradicts')
    expect(swapped.match).toContain('cosigned-contradicts')
  })

  it('cuts the tail', async () => {
    const entries = await tamper().entries()
    const cut = entries.slice(0, entries.length / 2)
    await tamper().rewrite(cut)
    expect((await findings()).verify).toContain('witness-beyond')
    await tamper().rewrite(cut, { forgetWitnesses: true })
    const forgotten = await findings()
    expect(forgotten.verify).toContain('no-quorum')
    expect(forgotten.match).toContain('cosigned-beyond')
  })

  it('inserts an entry in the past', async () => {
    const entries = await tamper().entries()
    const place = placeOf(entries, 'message.sent')
    const invented = heartbeat(entryOf(entries[place]).at)
    await tamper().rewrite(entries.toSpliced(place, 0, invented))
    expect((await findings()).verify).toContain('witness-contradicts')
    // Where it may be appended, its time betrays it.
    await tamper().rewrite([...entries, invented])
    expect((await findings()).verify).toContain('time-backwards')
  })

  it('drops a receipt', async () => {
    const [{ digest } = { digest: '' }] = (
      await tamper().client.query<{ digest: string }>('select digest from receipts where iss = $1 order by digest limit 1', [chengdu])
    ).rows
    await tamper().client.query('delete from inbox where receipt = $1', [digest])
    await tamper().client.query('delete from receipts where digest = $1', [digest])
    const dropped = await findings()
    expect(dropped.verify).toContain('receipt-missing')
    expect(dropped.verify).toContain('message-unreceipted')
  })

  it('removes a message and everything about it from one half', async () => {
    const entries = await tamper().entries()
    const message = entryOf(entries[placeOf(entries, 'message.received')]) as Extract<LogEntry, { kind: 'message.received' }>
    const [{ receipt } = { receipt: '' }] = (
      await tamper().client.query<{ receipt: string }>('select receipt from places where digest = $1', [message.digest])
    ).rows
    for (const [table, column, digest] of [
      ['documents', 'digest', message.digest],
      ['inbox', 'receipt', receipt],
      ['receipts', 'digest', receipt],
    ])
      await tamper().client.query(`delete from ${table} where ${column} = $1`, [digest])
    await tamper().rewrite(
      entries.filter((entry) => !entry.includes(message.digest) && !entry.includes(receipt)),
      { forgetWitnesses: true },
    )
    const removed = await findings()
    expect(removed.verify).toContain('no-quorum')
    expect(removed.match).toEqual(expect.arrayContaining(['sent-not-received', 'receipt-not-issued', expect.stringMatching(HISTORY)]))
  })

  it('takes a receipt out of the log and leaves it in the tables', async () => {
    const entries = await tamper().entries()
    await tamper().rewrite(entries.toSpliced(placeOf(entries, 'receipt.issued'), 1))
    await tamper().client.query("update receipts set stored_at = stored_at - interval '10 minutes'")
    expect((await findings()).verify).toContain('receipt-unlogged')
  })
})

/** Codes of what is found in the half as it is shown now, alone and beside the other. */
async function findings(): Promise<{ verify: string[]; match: string[] }> {
  const folder = await exported(api?.api ?? '', token, 'tampered')
  const { federation } = net.node(chengdu).node.ctx
  const options = { policies: policiesOf(federation), lookUpKey: (kid: string) => keyOwner(federation, kid) }
  const { report } = await verifyExport(folderReader(folder), options)
  const matched = await matchExports([folderReader(folder), folderReader(at('other-half'))], options)
  await rm(folder, { recursive: true })
  return { verify: codesOf(report.findings), match: codesOf(matched.findings) }
}

function codesOf(found: unknown): string[] {
  return [...new Set((found as readonly { readonly code: string }[]).map(({ code }) => code))]
}

function entryOf(text: string | undefined): LogEntry {
  const parsed = parseLogEntry(Buffer.from(text ?? ''))
  if (!parsed.ok) throw new Error(`${parsed.code}: ${text}`)
  return parsed.entry
}

function placeOf(entries: readonly string[], kind: LogEntry['kind']): number {
  return entries.findIndex((entry) => entryOf(entry).kind === kind)
}

function heartbeat(atMs: number): string {
  return formatLogEntry({ kind: 'heartbeat' }, atMs)
}
