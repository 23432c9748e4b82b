import { parseLogEntry, policyOf, signRequest } from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import { leafHash, parseTlogProof, verifyCheckpoint, verifyTlogProof } from '@hefu/translog'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { holdWrites } from '../../src/faults/hold-lock.ts'
import { type Json, listOf, TestNetwork } from '../../src/index.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'
import { chengdu, chongqing, notice } from '../faults/bodies.ts'
import { newJti } from '../faults/craft.ts'
import { query } from '../faults/observe.ts'

const chengduNorth = '510700'
let net: TestNetwork
beforeAll(async () => {
  net = await TestNetwork.create([chengdu, chongqing, chengduNorth])
})
afterAll(async () => await net?.[Symbol.asyncDispose]())
afterEach(() => net.link(chengdu, chongqing).heal())

async function open(): Promise<{ jti: string; digest: string }> {
  const answer = await net.node(chengdu).as('officer').post('/v1/violation-notices', notice)
  expect(answer.status).toBe(201)
  return { jti: String(answer.body.document?.id), digest: String(answer.body.document?.digest) }
}

interface Kept {
  state: string
  attempts: number
  proven_size: string | null
  missed_size: string | null
  origin: string
}

/** What Chengdu knows of the promise that covers this message. */
async function promiseOf(jti: string): Promise<Kept | undefined> {
  const rows = await query<Kept>(
    net.node(chengdu).databaseUrl,
    'select p.* from promises p join places l on l.receipt = p.receipt where l.jti = $1',
    [jti],
  )
  return rows[0]
}

const stateOf = async (jti: string) => (await promiseOf(jti))?.state
const brokenAlerts = async (): Promise<Json[]> =>
  (await net.node(chengdu).as('operator').all('/v1/alerts')).filter(({ kind }) => String(kind) === 'log.promise-broken')
const policy = () => {
  const found = policyOf(net.node(chengdu).node.ctx.federation, chongqing as RegionId)
  if (!found) throw new Error('no policy')
  return found
}

describe('the proof', () => {
  async function ask(from: string, search: string, change: { signedFor?: string; authorization?: string } = {}) {
    const to = net.node(chongqing)
    const url = `${to.node.exchange}${change.signedFor ?? '/exchange/v1/log/proof'}`
    const nowMs = net.node(from).node.ctx.now()
    const request = { iss: from as RegionId, aud: chongqing as RegionId, method: 'GET', url, body: '' } as const
    const signed = await signRequest({ ...request, jti: newJti(nowMs), now: Math.floor(nowMs / 1000) }, net.node(from).signer)
    const response = await fetch(`${to.node.exchange}/exchange/v1/log/proof?${search}`, {
      headers: { authorization: change.authorization ?? signed },
    })
    return { status: response.status, body: (await response.json()) as Json, signed }
  }
  const question = (...jtis: string[]) => `kind=message.received&iss=${chengdu}&${jtis.map((jti) => `jti=${jti}`).join('&')}`
  const witnessed = async (jti: string) => await waitUntil(async () => (await ask(chengdu, question(jti))).status === 200, 10_000)

  it('of one entry: its exact text and a path to a witnessed checkpoint', async () => {
    const { jti, digest } = await open()
    await net.settle()
    await witnessed(jti)
    const { body } = await ask(chengdu, question(jti))
    expect(Object.keys(body).toSorted()).toEqual(['entry', 'proof'])
    const entry = Buffer.from(String(body.entry))
    expect(parseLogEntry(entry)).toMatchObject({ ok: true, entry: { kind: 'message.received', iss: chengdu, aud: chongqing, jti, digest } })
    const proof = parseTlogProof(String(body.proof))
    expect(proof.ok && verifyTlogProof(proof.value, leafHash(entry), policy())).toMatchObject({ ok: true, value: { quorum: true } })
  })

  it('of several entries in one answer', async () => {
    const opened = [await open(), await open(), await open()]
    await net.settle()
    for (const { jti } of opened) await witnessed(jti)
    const { body } = await ask(chengdu, question(...opened.map(({ jti }) => jti)))
    const entries = [body, ...listOf(body.more)].map((one) => (JSON.parse(String(one.entry)) as { jti: string }).jti)
    expect(entries.toSorted()).toEqual(opened.map(({ jti }) => jti).toSorted())
  })

  it('is for the parties alone, who sign for it, once', async () => {
    const { jti } = await open()
    await net.settle()
    await witnessed(jti)
    expect(await ask(chengduNorth, question(jti))).toMatchObject({ status: 404, body: { code: 'not-found' } })
    expect(await ask(chengdu, question(newJti()))).toMatchObject({ status: 404 })
    expect(await ask(chengdu, `kind=refusal&iss=${chengdu}&jti=${jti}`)).toMatchObject({ status: 404 })
    expect(await ask(chengdu, `kind=message.received&iss=${chongqing}&jti=${jti}`)).toMatchObject({ status: 404 })
    const { signed } = await ask(chengdu, question(jti))
    expect(await ask(chengdu, question(jti), { authorization: signed })).toMatchObject({ status: 401 })
    expect(await ask(chengdu, question(jti), { authorization: '' })).toMatchObject({ status: 401 })
    expect(await ask(chengdu, question(jti), { signedFor: '/exchange/v1/heads' })).toMatchObject({ status: 401 })
    expect(await ask(chengdu, question(...Array.from({ length: 151 }, () => newJti())))).toMatchObject({ status: 400 })
    expect(await ask(chengdu, 'kind=other')).toMatchObject({ status: 400 })
  })
})

describe('checkpoint and tiles', () => {
  const get = async (path: string) => await fetch(`${net.node(chongqing).node.exchange}/exchange/v1/log/${path}`)

  it('the newest checkpoint has the cosignatures of a quorum, and the tiles lead to its root', async () => {
    const response = await get('checkpoint')
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    const verified = verifyCheckpoint(await response.text(), policy())
    if (!verified.ok) throw new Error(verified.code)
    expect(verified.value).toMatchObject({ quorum: true })
    const { size } = verified.value.checkpoint
    expect(size).toBeLessThan(256)
    const tile = await get(`tile/0/000.p/${size}`)
    expect(tile.headers.get('content-type')).toBe('application/octet-stream')
    expect(Buffer.from(await tile.arrayBuffer())).toHaveLength(size * 32)
  })

  it.each([
    'tile/entries/000',
    'tile/entries/000.p/1',
    'tile/0/000.p/0',
    'tile/0/000.p/255',
    'tile/0/000',
    'tile/9/000.p/1',
    'tile/0/..',
    'tile/',
    'nothing',
  ])('%s: not found', async (path) => {
    expect((await get(path)).status).toBe(404)
  })
})

describe('a promise', () => {
  it('is in every receipt, and kept: looked after when its time has come, not before', async () => {
    const { jti } = await open()
    await net.settle()
    const [row] = await query<{ receipt: string }>(
      net.node(chengdu).databaseUrl,
      'select r.receipt from receipts r join places l on l.receipt = r.digest where l.jti = $1',
      [jti],
    )
    const claims = JSON.parse(Buffer.from(row?.receipt.split('.')[1] ?? '', 'base64url').toString()) as Json
    expect(claims.log).toEqual({ origin: policy().log.name, within: 60 })
    expect(await promiseOf(jti)).toMatchObject({ state: 'open', attempts: 0 })
    await net.moveClock(61_000)
    await waitUntil(async () => (await stateOf(jti)) === 'kept', 20_000)
    const kept = await promiseOf(jti)
    const [entry] = await query<{ index: string }>(
      net.node(chongqing).databaseUrl,
      "select index from log_entries where jti = $1 and kind = 'message.received'",
      [jti],
    )
    expect(Number(kept?.proven_size)).toBeGreaterThan(Number(entry?.index))
    expect(await brokenAlerts()).toEqual([])
  })

  it('of a peer that is away is asked for again, and nobody is accused', async () => {
    const { jti } = await open()
    await net.settle()
    const cut = net.link(chengdu, chongqing).inject({ kind: 'cut', how: 'refuse' }, { log: true })
    await net.moveClock(3_600_000)
    await waitUntil(async () => ((await promiseOf(jti))?.attempts ?? 0) >= 2, 30_000)
    expect(await stateOf(jti)).toBe('open')
    expect(await brokenAlerts()).toEqual([])
    cut.remove()
    await net.moveClock(600_000)
    await waitUntil(async () => (await stateOf(jti)) === 'kept', 20_000)
  })

  it('of a peer that answers everything but this is told once a day, stands, and may still be kept', async () => {
    const { jti } = await open()
    await net.settle()
    const withheld = net.link(chengdu, chongqing).inject({ kind: 'status', status: 503 }, { log: true })
    await net.moveClock(3_600_000)
    await waitUntil(async () => ((await promiseOf(jti))?.attempts ?? 0) >= 2, 30_000)
    expect(await brokenAlerts()).toEqual([])
    await net.moveClock(25 * 3_600_000)
    await waitUntil(async () => (await brokenAlerts()).length > 0, 30_000)
    expect(await brokenAlerts()).toEqual([
      expect.objectContaining({ peer: chongqing, detail: expect.objectContaining({ why: 'withheld', origin: policy().log.name }) }),
    ])
    expect(await stateOf(jti)).toBe('open')
    withheld.remove()
    await net.moveClock(600_000)
    await waitUntil(async () => (await stateOf(jti)) === 'kept', 20_000)
  })

  it('of a refusal is kept by the entry of the refusal', async () => {
    const [before] = await query<{ count: string }>(net.node(chongqing).databaseUrl, 'select count(*) from log_entries')
    expect(Number(before?.count)).toBeGreaterThan(0)
    await net.moveClock(31 * 86_400_000, chongqing)
    const { jti } = await open()
    await net.settle()
    await net.moveClock(-31 * 86_400_000, chongqing)
    await net.moveClock(61_000)
    const [place] = await query<{ status: string }>(net.node(chengdu).databaseUrl, 'select status from places where jti = $1', [jti])
    expect(place?.status).toBe('refused')
    await waitUntil(async () => (await stateOf(jti)) === 'kept', 20_000)
  })

  it('that the log keeps late, because it stood still, is no broken word', async () => {
    let jti = ''
    {
      await using lock = await holdWrites(net.node(chongqing).databaseUrl, 'log_heads')
      ;({ jti } = await open())
      await waitUntil(async () => (await promiseOf(jti)) !== undefined, 10_000)
      await lock.blocks()
      // The node answers still, and moves on within what is no log, no action.
      await query(
        net.node(chengdu).databaseUrl,
        'update promises set due_at = now(), next_at = now() where receipt in (select receipt from places where jti = $1)',
        [jti],
      )
      await waitUntil(async () => ((await promiseOf(jti))?.attempts ?? 0) >= 1, 20_000)
      await lock.release()
    }
    await net.moveClock(20_000)
    await waitUntil(async () => (await stateOf(jti)) === 'kept', 20_000)
    expect(await broken()).toEqual([])
  })

  it('broken: a peer that signs receipts and keeps the message out of its log is reported with the evidence', async () => {
    const peer = net.node(chongqing).databaseUrl
    const { jti, digest } = await withoutLogging(peer)
    await net.moveClock(61_000)
    // Seen once without it, the log may still take up what waited; once it has gone on, no more.
    await waitUntil(async () => (await promiseOf(jti))?.missed_size != null, 30_000)
    expect([await stateOf(jti), await brokenAlerts()]).toEqual([
      'open',
      expect.not.arrayContaining([expect.objectContaining({ detail: expect.objectContaining({ why: 'not-in-log' }) })]),
    ])
    await net.moveClock(61_000)
    await waitUntil(async () => (await stateOf(jti)) === 'broken', 30_000)
    const [alert] = await broken()
    const detail = (alert?.detail ?? {}) as Json
    expect(alert).toMatchObject({ peer: chongqing })
    expect(detail).toMatchObject({
      why: 'not-in-log',
      origin: policy().log.name,
      messages: 1,
      missing: [{ jti, digest, status: 'accepted' }],
    })
    // The evidence stands by itself: the peer's signature under the promise, and a later tree that a quorum has seen.
    const receipt = String(detail.receipt)
    const place = await query(net.node(chengdu).databaseUrl, 'select 1 from receipts where receipt = $1', [receipt])
    expect(place).toHaveLength(1)
    const verified = verifyCheckpoint(String(detail.checkpoint), policy())
    if (!verified.ok) throw new Error(verified.code)
    expect((verified.value.quorumTime ?? 0) * 1000).toBeGreaterThanOrEqual(Date.parse(String(detail.due)))
    expect(await broken()).toHaveLength(1)
  })

  const broken = async () => (await brokenAlerts()).filter(({ detail }) => String((detail as Json).why) !== 'withheld')

  /** Chongqing's own database lets the message through to its case and loses what its log should have held. */
  async function withoutLogging(peer: string): Promise<{ jti: string; digest: string }> {
    await using lock = await holdWrites(peer, 'log_heads')
    const opened = await open()
    await waitUntil(async () => (await promiseOf(opened.jti)) !== undefined, 10_000)
    await lock.blocks()
    await lock.meanwhile('delete from log_pending')
    await lock.release()
    return opened
  }
})
