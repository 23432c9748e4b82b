import { randomBytes } from 'node:crypto'
import { violationNotice } from '@hefu/procedures'
import { type Federation, type MessageClaims, regionById, signMessage, signRequest } from '@hefu/protocol'
import { type AgencyCode, type DateText, mintCaseNumber } from '@hefu/reference'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { heldMessage } from '../../../testkit/src/held-message.ts'
import { testDatabase } from '../../../testkit/src/postgres/test-database.ts'
import { readCaseRow } from '../../src/cases/case-store.ts'
import { submitDocument } from '../../src/cases/submit-document.ts'
import type { Context } from '../../src/context.ts'
import { acceptMessages } from '../../src/inbox/accept-messages.ts'
import { boundsOf } from '../../src/reconcile/day-bounds.ts'
import { readHeads, readItems, sumDays } from '../../src/reconcile/heads-store.ts'
import { readReconciliation } from '../../src/reconcile/read-reconciliations.ts'
import { requestReconciliation } from '../../src/reconcile/request-reconciliation.ts'
import { type ReconciliationResult, runReconciliation } from '../../src/reconcile/run-reconciliation.ts'
import { uuidv7 } from '../../src/uuid.ts'
import { callerOf } from '../callers.ts'
import { forget, halfOf, newKey, noticeBody, settle, submitNotice } from './halves.ts'
import { CHENGDU, CHONGQING, openTwoNodes, operator, type TwoNodes } from './two-nodes.ts'

const databases = { chengdu: testDatabase(), chongqing: testDatabase() }
let nodes: TwoNodes
let chengdu: Context
let chongqing: Context

beforeAll(async () => {
  nodes = await openTwoNodes({ chengdu: databases.chengdu.url, chongqing: databases.chongqing.url })
  chengdu = nodes.chengdu
  chongqing = nodes.chongqing
})
afterAll(async () => await nodes[Symbol.asyncDispose]())

const day = '2026-11-20'

async function reconcile(ctx: Context): Promise<ReconciliationResult> {
  const peer = ctx.region === CHENGDU ? CHONGQING : CHENGDU
  const { id } = await requestReconciliation(ctx, operator, { peer, from: day, to: day, ...newKey() })
  await runReconciliation(ctx, peer)
  return (await readReconciliation(ctx, id)).result as ReconciliationResult
}

describe('a request for heads', () => {
  const address = () => `${regionById(chongqing.federation, CHONGQING)?.exchangeUrl}/exchange/v1/heads`
  const post = async (body: string, authorization?: string) => {
    const headers = { 'content-type': 'application/json', ...(authorization === undefined ? {} : { authorization }) }
    const response = await fetch(address(), { method: 'POST', body, headers })
    return { status: response.status, body: await response.json() }
  }
  const sign = async (body: string, changes: object = {}, signer = chengdu.signer) => {
    const now = Math.floor(chongqing.now() / 1000)
    return await signRequest(
      { iss: CHENGDU, aud: CHONGQING, method: 'POST', url: address(), body, jti: uuidv7(chongqing.now()), now, ...changes },
      signer,
    )
  }
  const body = JSON.stringify({ days: { from: day, to: day } })

  it('is answered once when it is signed, and all else is unauthenticated alike', async () => {
    const good = await sign(body)
    expect(await post(body, good)).toEqual({ status: 200, body: { days: [] } })
    const now = Math.floor(chongqing.now() / 1000)
    const hostile = [
      undefined,
      'Bearer x',
      good,
      await sign(`${body} `),
      await sign(body, { aud: CHENGDU }),
      await sign(body, { iss: CHONGQING, aud: CHONGQING }, chongqing.signer),
      await sign(body, { iss: CHONGQING }),
      await sign(body, {}, { ...chengdu.signer, kid: 'A'.repeat(43) }),
      await sign(body, { now: now - 125 }),
      await sign(body, { now: now + 125 }),
      await sign(body, { method: 'GET' }),
      await sign(body, { url: address().replace('heads', 'inbox') }),
    ]
    for (const authorization of hostile) expect(await post(body, authorization)).toEqual({ status: 401, body: { code: 'unauthenticated' } })
    expect(await post('not json', 'Hefu x')).toEqual({ status: 401, body: { code: 'unauthenticated' } })
  })

  it('is refused when it asks for anything else, after its signature', async () => {
    const id = { iss: CHENGDU, jti: uuidv7(chengdu.now()) }
    const bodies = [
      {},
      { days: { from: day } },
      { days: { from: day, to: '2026-11-19' } },
      { days: { from: '2025-11-01', to: day } },
      { day: '1970-01-01' },
      { day, more: 1 },
      { fetch: [] },
      { fetch: Array.from({ length: 101 }, () => id) },
      { fetch: [{ ...id, jti: 'x' }] },
      { restore: [id] },
    ]
    for (const one of bodies) {
      const text = JSON.stringify(one)
      expect(await post(text, await sign(text)), text).toEqual({ status: 400, body: { code: 'malformed-request' } })
    }
    for (const text of ['', 'x', '{"day":"2026-11-20","day":"2026-11-20"}'])
      expect(await post(text, await sign(text))).toEqual({ status: 400, body: { code: 'malformed-json' } })
  })
})

describe('heads', () => {
  it('are of the two regions only, and counted to the day in Shanghai', async () => {
    const { jti } = await submitNotice(chengdu, CHONGQING)
    const heads = await readHeads(chengdu.db, chengdu, CHONGQING, boundsOf(day), 10)
    expect(heads).toEqual([{ iss: CHENGDU, jti, digest: expect.any(String), status: 'pending', reason: null, receipt: null }])
    expect(await readHeads(chengdu.db, chengdu, '440100', boundsOf(day), 10)).toEqual([])
    await settle(chengdu, chongqing)
    expect(await readItems(chengdu.db, chengdu, CHONGQING, [{ iss: CHENGDU, jti }])).toHaveLength(1)
    expect(await readItems(chengdu.db, chengdu, '440100', [{ iss: CHENGDU, jti }])).toEqual([])
    const evening = [boundsOf('2026-11-19'), boundsOf(day), boundsOf('2026-11-21')]
    const sums = await sumDays(chengdu.db, chengdu, CHONGQING, evening)
    expect(sums).toEqual([{ day, count: 1, digest: expect.stringMatching(/^[\w-]{43}$/) }])
    expect(await sumDays(chongqing.db, chongqing, CHENGDU, evening)).toEqual(sums)
    expect(boundsOf(day).first).toBe(firstUuid('2026-11-19T16:00:00Z'))
    expect(boundsOf(day).next).toBe(firstUuid('2026-11-20T16:00:00Z'))
  })
})

function firstUuid(instant: string): string {
  return `${uuidv7(Date.parse(instant)).slice(0, 13)}-0000-0000-000000000000`
}

describe('a case with documents of both sides', () => {
  it('comes back whole, and the answer is not written a second time', async () => {
    const notice = await submitNotice(chengdu, CHONGQING)
    await settle(chengdu, chongqing)
    const row = await readCaseRow(chongqing.db, notice.caseNumber)
    const filing = violationNotice.documents.filing?.examples[0]?.body as { purpose: string; basis: string; data: object }
    const answer = await submitDocument(chongqing, {
      caller: callerOf('systems', 'officer', '500000-0001'),
      ...newKey(),
      target: { procedure: violationNotice, caseNumber: notice.caseNumber, document: 'filing', ifMatch: row?.etag ?? '' },
      body: filing,
    })
    await settle(chongqing, chengdu)
    const before = await halfOf(chongqing)
    expect(await halfOf(chengdu)).toEqual(before)
    for (const lose of [chongqing, chengdu]) {
      await forget(lose, { jti: answer.document.id, caseNumber: notice.caseNumber })
      await forget(lose, notice)
      const result = await reconcile(chongqing)
      expect(result).toMatchObject({ open: [], match: true })
      expect(result.fetched + result.restoredAtPeer).toBe(2)
      expect(await halfOf(chongqing)).toEqual(before)
      expect(await halfOf(chengdu)).toEqual(before)
    }
  })
})

describe('a refused message', () => {
  it('comes back without its content; the sender cannot get its own back', async () => {
    const notice = await submitNotice(chengdu, CHONGQING)
    const message = await heldMessage(chengdu, notice.jti)
    const agreements = chongqing.federation.agreements.map((one) => ({ ...one, purposes: ['other'] }))
    const federation: Federation = { ...chongqing.federation, agreements }
    await acceptMessages({ ...chongqing, federation }, [message])
    await settle(chengdu, chongqing)
    const readRefused = async () => ({
      inbox: await chongqing.db
        .selectFrom('inbox')
        .select(['status', 'reason', 'received_at', 'case_number', 'first', 'digest'])
        .where('jti', '=', notice.jti)
        .execute(),
      documents: await chongqing.db
        .selectFrom('documents')
        .select(['status', 'refusal', 'message', 'standing', 'seen', 'received_at'])
        .where('jti', '=', notice.jti)
        .execute(),
      places: await chongqing.db.selectFrom('places').selectAll().where('jti', '=', notice.jti).execute(),
    })
    const before = await readRefused()
    expect(before).toMatchObject({ inbox: [{ status: 'refused', reason: 'agreement' }], documents: [{ status: 'refused', message: null }] })
    await forget(chongqing, notice)
    expect(await reconcile(chengdu)).toMatchObject({ restoredAtPeer: 1, open: [], match: true })
    expect(await readRefused()).toEqual(before)
    await forget(chengdu, notice)
    const open = [{ iss: CHENGDU, jti: notice.jti, why: 'content-not-held' }]
    expect(await reconcile(chengdu)).toMatchObject({ fetched: 0, open, match: false })
    expect(await reconcile(chongqing)).toMatchObject({ restoredAtPeer: 0, open, match: false })
    await forget(chongqing, notice)
    expect(await reconcile(chengdu)).toMatchObject({ open: [], match: true })
  })
})

describe('a day with 3,000 messages', () => {
  it('comes back whole, and one that differs is found among them', async () => {
    const tokens: string[] = []
    for (let n = 0; n < 3_000; n++) tokens.push((await signMessage(claimsOf(n), chengdu.signer)).token)
    for (let at = 0; at < tokens.length; at += 500) await acceptMessages(chongqing, tokens.slice(at, at + 500))
    const before = await halfOf(chongqing)

    expect(await reconcile(chengdu)).toMatchObject({ fetched: 3_000, applied: 3_000, open: [], match: true })
    expect(await halfOf(chengdu)).toEqual(before)

    const victim = before.documents[1_500] as { jti: string; case_number: string }
    await forget(chongqing, { jti: victim.jti, caseNumber: victim.case_number })
    const { compared, ...result } = await reconcile(chengdu)
    expect(compared).toBeGreaterThanOrEqual(3_000)
    expect(result).toEqual({
      days: 1,
      differingDays: 1,
      sentAgain: 0,
      fetched: 0,
      restoredAtPeer: 1,
      applied: 0,
      open: [],
      openTotal: 0,
      match: true,
    })
    expect(await halfOf(chongqing)).toEqual(before)
  }, 180_000)
})

function claimsOf(n: number): MessageClaims {
  const { purpose, basis, data } = noticeBody('510100-0001', '500000-0001')
  const nowMs = chengdu.now() + n
  const iat = Math.floor(nowMs / 1000)
  return {
    iss: CHENGDU,
    aud: CHONGQING,
    jti: uuidv7(nowMs),
    salt: randomBytes(16).toString('base64url'),
    iat,
    exp: iat + 86_400,
    procedure: 'violation-notice/1',
    document: 'notice',
    case: mintCaseNumber(CHENGDU, violationNotice.code, day as DateText, randomBytes(7)),
    agreement: 'violation-notice-2026/1',
    seen: [],
    from: '510100-0001' as AgencyCode,
    to: '500000-0001' as AgencyCode,
    purpose,
    basis,
    data: data as MessageClaims['data'],
  }
}
