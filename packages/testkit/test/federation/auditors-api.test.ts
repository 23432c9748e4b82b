import { exportOffer, parseExported, parseLogEntry, policyOf } from '@hefu/protocol'
import {
  leafHash,
  parseCheckpointNote,
  parseEntryBundle,
  parseTile,
  parseTlogProof,
  treeRoot,
  verifyCheckpoint,
  verifyConsistency,
  verifyTlogProof,
} from '@hefu/translog'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Json, listOf, TestNetwork } from '../../src/index.ts'
import { chengdu, chongqing, notice } from '../faults/bodies.ts'
import { query } from '../faults/observe.ts'
import { settleWitnessed } from './audit-command.ts'

let net: TestNetwork
let size: number
const cases: string[] = []
beforeAll(async () => {
  net = await TestNetwork.create([chengdu, chongqing])
  for (let n = 0; n < 4; n++) {
    const opened = await net.node(chengdu).as('officer').post('/v1/violation-notices', notice)
    expect(opened.status).toBe(201)
    cases.push(String(opened.body.caseNumber))
    // Each by itself, so that there are as many receipts.
    await net.settle()
  }
  await settleWitnessed(net)
  size = Number((await auditor().get(`${LOG}/checkpoint`)).body.witnessed?.size)
}, 60_000)
afterAll(async () => await net?.[Symbol.asyncDispose]())

const LOG = '/v1/exchange-log'
const auditor = () => net.node(chengdu).as('auditor')
const policy = () => {
  const found = policyOf(net.node(chengdu).node.ctx.federation, chengdu)
  if (found === undefined) throw new Error('this federation has no policy')
  return found
}
const entriesOf = async (filter: string) => await auditor().all(`${LOG}/entries?${filter}`)
const column = (items: readonly Json[], name: string) => items.map((one) => one[name] as unknown)

async function bytesOf(path: string): Promise<{ status: number; bytes: Buffer }> {
  const { node, token } = net.node(chengdu)
  const answer = await fetch(new URL(`${LOG}/${path}`, node.api ?? ''), { headers: { authorization: `Bearer ${await token('auditor')}` } })
  return { status: answer.status, bytes: Buffer.from(await answer.arrayBuffer()) }
}

describe('entries', () => {
  it('are found by kind, peer, procedure, case, digest and time', async () => {
    const all = await entriesOf('limit=200')
    expect(column(all, 'kind')).toEqual(expect.arrayContaining(['node.started', 'message.sent', 'receipt.received']))
    const sent = await entriesOf('kind=message.sent')
    expect(column(sent, 'caseNumber')).toEqual(cases.toReversed())
    expect(await entriesOf(`peer=${chongqing}&procedure=violation-notice/1`)).toEqual(sent)
    expect(await entriesOf(`kind=message.sent&case=${cases[2]}`)).toEqual([sent[1]])
    expect(await entriesOf(`digest=${sent[0]?.digest}`)).toEqual([sent[0]])
    const [from, to] = [sent[2], sent[1]].map((one) => encodeURIComponent(String(one?.at)))
    expect(await entriesOf(`kind=message.sent&from=${from}&to=${to}`)).toEqual([sent[1], sent[2]])
    expect(await entriesOf(`kind=message.sent&peer=990000`)).toEqual([])
  })

  it('come in pages, each once, whatever is added in between', async () => {
    const pages = column(await entriesOf('kind=message.sent&limit=1'), 'index')
    expect(pages).toEqual(column(await entriesOf('kind=message.sent'), 'index'))
    const first = await auditor().get(`${LOG}/entries?limit=3`)
    expect(first.headers.get('link')).toMatch(/rel="next"/)
    const [, next = ''] = /<([^>]+)>/.exec(first.headers.get('link') ?? '') ?? []
    const second = listOf((await auditor().get(next)).body.items)
    expect(Number(second[0]?.index)).toBe(Number(listOf(first.body.items).at(-1)?.index) - 1)
  })

  it('prove themselves against a witnessed checkpoint', async () => {
    for (let index = 0; index < size; index++) {
      const { status, body } = await auditor().get(`${LOG}/entries/${index}`)
      expect([status, body.index, body.witnessed]).toEqual([200, index, true])
      const parsed = parseTlogProof(String(body.proof))
      if (!parsed.ok) throw new Error(parsed.code)
      expect(parsed.value.index).toBe(index)
      expect(verifyTlogProof(parsed.value, leafHash(Buffer.from(String(body.entry))), policy())).toMatchObject({ ok: true })
      expect(verifyTlogProof(parsed.value, leafHash(Buffer.from(`${body.entry} `)), policy())).toMatchObject({ code: 'inclusion' })
      expect(parseLogEntry(Buffer.from(String(body.entry))).ok).toBe(true)
    }
  })
})

it('the tree of any size begins with that of any smaller one', async () => {
  const leaves = (
    await query<{ entry: string }>(net.node(chengdu).databaseUrl, 'select entry from log_entries where index < $1 order by index', [size])
  ).map(({ entry }) => leafHash(Buffer.from(entry)))
  for (const [from, to] of [
    [1, 2],
    [1, size],
    [3, size - 1],
    [size - 1, size],
    [size, size],
  ] as const) {
    const { status, body } = await auditor().get(`${LOG}/consistency?from=${from}&to=${to}`)
    expect([status, body.from, body.to]).toEqual([200, treeOf(leaves, from), treeOf(leaves, to)])
    const proof = {
      oldSize: from,
      newSize: to,
      oldRoot: treeRoot(leaves.slice(0, from)),
      newRoot: treeRoot(leaves.slice(0, to)),
      path: listOf(body.proof).map((hash) => Buffer.from(String(hash), 'base64')),
    }
    expect(verifyConsistency(proof)).toBe(true)
  }
})

function treeOf(leaves: readonly Uint8Array[], of: number) {
  return { size: of, root: Buffer.from(treeRoot(leaves.slice(0, of))).toString('base64') }
}

it('checkpoints are signed, and the witnessed one has its quorum', async () => {
  const { body } = await auditor().get(`${LOG}/checkpoint`)
  expect(verifyCheckpoint(String(body.witnessed?.note), policy())).toMatchObject({ ok: true, value: { quorum: true } })
  const newest = parseCheckpointNote(String(body.note))
  expect(newest.ok && newest.value.checkpoint.size).toBe(Number(body.size))
})

it('tiles and bundles are those of C2SP tlog-tiles, as narrow as they are asked for', async () => {
  const [tile, bundle] = [await bytesOf(`tiles/0/000.p/${size}`), await bytesOf(`bundles/000.p/${size}`)]
  const [hashes, entries] = [parseTile(tile.bytes, size), parseEntryBundle(bundle.bytes, size)]
  if (!hashes.ok || !entries.ok) throw new Error('not of its form')
  expect(entries.value.map((entry) => Buffer.from(leafHash(entry)))).toEqual(hashes.value.map((hash) => Buffer.from(hash)))
  expect((await bytesOf('tiles/0/000.p/2')).bytes).toEqual(tile.bytes.subarray(0, 64))
  for (const path of [
    'tiles/0/000',
    'tiles/1/000.p/1',
    'bundles/000',
    'bundles/001',
    'tiles/0/x000/000',
    'tiles/00/000.p/1',
    'tiles/entries/../0',
    'tiles/',
  ])
    expect([path, (await bytesOf(path)).status]).toEqual([path, 404])
})

it('receipts come line by line in the order of the log, and go on after any of them', async () => {
  const { bytes } = await bytesOf('receipts')
  const lines = bytes
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Json)
  const logged = await entriesOf('kind=receipt.received')
  expect(column(lines, 'digest')).toEqual(column(logged, 'digest').toReversed())
  const rest = (await bytesOf(`receipts?after=${lines[0]?.digest}`)).bytes.toString().trim().split('\n')
  expect(lines).toHaveLength(cases.length)
  expect(rest).toHaveLength(lines.length - 1)
})

it('the offer of an export is closed', async () => {
  const offer = parseExported(exportOffer, (await bytesOf('export')).bytes)
  expect(offer).toMatchObject({ region: chengdu, epoch: 0, earlier: [] })
  expect(offer?.witnessed.map(({ witness }) => witness)).toEqual(policy().witnesses.map(({ name }) => name))
  expect(offer?.cosigned.map(({ origin }) => origin)).toEqual([`hefu.sandbox/${chongqing}`])
})

describe('what is wrong', () => {
  it.each([
    ['consistency?from=0&to=1', 400, ['/from']],
    ['consistency?from=2&to=1', 400, ['/from']],
    ['consistency?from=1&to=999999', 400, ['/to']],
    ['consistency?from=1', 400, ['/to']],
    ['consistency?from=01&to=2', 400, ['/from']],
    ['consistency?from=1&to=9007199254740993', 400, ['/to']],
    ['entries/-1', 404, []],
    ['entries/999999', 404, []],
    ['entries/9007199254740993', 404, []],
    ['entries?kind=none', 400, ['/kind']],
    ['entries?from=yesterday', 400, ['/from']],
    ['entries?case=1', 400, ['/case']],
    ['entries?limit=0', 400, ['/limit']],
    ['entries?cursor=none', 400, []],
    ['entries?epoch=1', 404, []],
    ['checkpoint?epoch=99999', 400, ['/epoch']],
    ['receipts?after=x', 400, ['/after']],
  ])('%s: %i', async (path, status, pointers) => {
    const answer = await auditor().get(`${LOG}/${path}`)
    expect([answer.status, listOf(answer.body.errors).map(({ pointer }) => pointer as unknown)]).toEqual([status, pointers])
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
  })

  it('nobody writes here, and nobody but an auditor reads', async () => {
    for (const path of ['entries', 'entries/0', 'checkpoint', 'export', 'receipts'])
      for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
        const { node, token } = net.node(chengdu)
        const answer = await fetch(new URL(`${LOG}/${path}`, node.api ?? ''), {
          method,
          headers: { authorization: `Bearer ${await token('auditor')}` },
        })
        expect([method, path, answer.status]).toEqual([method, path, 404])
      }
    for (const role of ['officer', 'operator'] as const) expect((await net.node(chengdu).as(role).get(`${LOG}/entries`)).status).toBe(403)
  })
})
