import { violationNotice } from '@hefu/procedures'
import { type MessageClaims, parseClaims, signMessage } from '@hefu/protocol'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { heldMessage } from '../../../testkit/src/held-message.ts'
import { testDatabase } from '../../../testkit/src/postgres/test-database.ts'
import { takeToReplay } from '../../src/cases/case-store.ts'
import type { Context } from '../../src/context.ts'
import { acceptMessages } from '../../src/inbox/accept-messages.ts'
import { applyCases } from '../../src/inbox/apply-cases.ts'
import type { Item } from '../../src/reconcile/heads-schemas.ts'
import { readItems } from '../../src/reconcile/heads-store.ts'
import { listReconciliations, readReconciliation } from '../../src/reconcile/read-reconciliations.ts'
import { asOnlyReconciler, insertReconciliation, peersToReconcile, startReconciliation } from '../../src/reconcile/reconciliation-store.ts'
import { requestReconciliation } from '../../src/reconcile/request-reconciliation.ts'
import { restoreItems } from '../../src/reconcile/restore-items.ts'
import { type ReconciliationResult, runReconciliation } from '../../src/reconcile/run-reconciliation.ts'
import { uuidv7 } from '../../src/uuid.ts'
import { forget, halfOf, newKey, settle, submitNotice } from './halves.ts'
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

const days = { from: '2026-11-01', to: '2026-11-30' }

/** Requests a reconciliation at this node, runs it, and answers its result. */
async function reconcile(ctx: Context): Promise<ReconciliationResult> {
  const peer = ctx.region === CHENGDU ? CHONGQING : CHENGDU
  const { id } = await requestReconciliation(ctx, operator, { peer, ...days, ...newKey() })
  await runReconciliation(ctx, peer)
  const { state, result } = await readReconciliation(ctx, id)
  expect(state, JSON.stringify(result)).toBe('done')
  return result as ReconciliationResult
}

const nothing = { sentAgain: 0, fetched: 0, restoredAtPeer: 0, applied: 0, open: [], openTotal: 0, match: true }

async function expectEqualHalves(): Promise<void> {
  expect(await halfOf(chongqing)).toEqual(await halfOf(chengdu))
  expect(await reconcile(chengdu)).toMatchObject({ ...nothing, differingDays: 0 })
}

async function exchanged(from: Context, to: Context): Promise<{ caseNumber: string; jti: string }> {
  const notice = await submitNotice(from, to.region)
  await settle(from, to)
  return notice
}

describe('a reconciliation', () => {
  it('finds nothing where nothing differs', async () => {
    await exchanged(chengdu, chongqing)
    await exchanged(chongqing, chengdu)
    expect(await reconcile(chengdu)).toEqual({ ...nothing, days: 30, differingDays: 0, compared: 2 })
    expect(await reconcile(chongqing)).toEqual({ ...nothing, days: 30, differingDays: 0, compared: 2 })
  })

  it('gives back what the peer received and lost, with the receipt of that time', async () => {
    const notice = await exchanged(chengdu, chongqing)
    const before = await halfOf(chongqing)
    await forget(chongqing, notice)
    expect(await halfOf(chongqing)).not.toEqual(before)
    expect(await reconcile(chengdu)).toMatchObject({ ...nothing, differingDays: 1, restoredAtPeer: 1 })
    expect(await halfOf(chongqing)).toEqual(before)
    await expectEqualHalves()
  })

  it('fetches what this node received and lost', async () => {
    const notice = await exchanged(chengdu, chongqing)
    const before = await halfOf(chongqing)
    await forget(chongqing, notice)
    expect(await reconcile(chongqing)).toMatchObject({ ...nothing, fetched: 1, applied: 1 })
    expect(await halfOf(chongqing)).toEqual(before)
    const inbox = await chongqing.db.selectFrom('inbox').selectAll().where('jti', '=', notice.jti).executeTakeFirstOrThrow()
    expect(inbox).toMatchObject({ iss: CHENGDU, first: true, status: 'accepted', applied_at: expect.any(Date) })
    await expectEqualHalves()
  })

  it('fetches its own document that it lost, as delivered', async () => {
    const notice = await exchanged(chengdu, chongqing)
    await forget(chengdu, notice)
    expect(await reconcile(chengdu)).toMatchObject({ ...nothing, fetched: 1, applied: 1 })
    const sent = await chengdu.db.selectFrom('outbox').selectAll().where('jti', '=', notice.jti).executeTakeFirstOrThrow()
    expect(sent).toMatchObject({ state: 'delivered', peer: CHONGQING, case_number: notice.caseNumber })
    const row = await chengdu.db
      .selectFrom('cases')
      .select(['agency', 'role'])
      .where('case_number', '=', notice.caseNumber)
      .executeTakeFirst()
    expect(row).toEqual({ agency: '510100-0001', role: 'finder' })
    await expectEqualHalves()
  })

  it('gives the peer back its own document', async () => {
    const notice = await exchanged(chengdu, chongqing)
    await forget(chengdu, notice)
    expect(await reconcile(chongqing)).toMatchObject({ ...nothing, restoredAtPeer: 1 })
    await expectEqualHalves()
  })

  it('mends two halves that were both restored, each from another time, in one run', async () => {
    const here = [await exchanged(chengdu, chongqing), await exchanged(chongqing, chengdu)]
    const there = [await exchanged(chengdu, chongqing), await exchanged(chongqing, chengdu)]
    const before = await halfOf(chongqing)
    for (const one of here) await forget(chengdu, one)
    for (const one of there) await forget(chongqing, one)
    expect(await reconcile(chengdu)).toMatchObject({ ...nothing, fetched: 2, restoredAtPeer: 2, applied: 2 })
    expect(await halfOf(chongqing)).toEqual(before)
    await expectEqualHalves()
  })

  it('sends again what the peer never got, and what came without an answer', async () => {
    const unanswered = await exchanged(chengdu, chongqing)
    const before = await chengdu.db.selectFrom('places').selectAll().where('jti', '=', unanswered.jti).executeTakeFirstOrThrow()
    await loseAnswer(unanswered.jti)
    const unsent = await submitNotice(chengdu, CHONGQING)
    await chengdu.db
      .updateTable('outbox')
      .set({ next_attempt_at: new Date(chengdu.now() + 3_600_000) })
      .where('state', '=', 'pending')
      .execute()
    const result = await reconcile(chengdu)
    expect(result).toMatchObject({ sentAgain: 2, fetched: 0, restoredAtPeer: 0, openTotal: 2, match: true })
    expect(result.open).toContainEqual({ iss: CHENGDU, jti: unanswered.jti, why: 'answer-lost-here' })
    expect(result.open).toContainEqual({ iss: CHENGDU, jti: unsent.jti, why: 'pending-here' })
    await settle(chengdu, chongqing)
    expect(await chengdu.db.selectFrom('places').selectAll().where('jti', '=', unanswered.jti).executeTakeFirst()).toEqual(before)
    await expectEqualHalves()
  })

  it('leaves to the peer what the peer has still to deliver', async () => {
    const { jti } = await submitNotice(chongqing, CHENGDU)
    expect(await reconcile(chengdu)).toMatchObject({ ...nothing, open: [{ iss: CHONGQING, jti, why: 'pending-at-peer' }], openTotal: 1 })
    await settle(chongqing, chengdu)
    await expectEqualHalves()
  })

  it('fetches a receipt that was lost after delivery', async () => {
    const { jti } = await exchanged(chengdu, chongqing)
    await loseReceipt(jti)
    expect(await reconcile(chengdu)).toMatchObject({ ...nothing, fetched: 1, applied: 1 })
    await expectEqualHalves()
  })

  it('applies again what was accepted and forgotten', async () => {
    const notice = await submitNotice(chengdu, CHONGQING)
    await settle(chengdu, chongqing)
    await chongqing.db
      .updateTable('inbox')
      .set({ applied_at: null, received_at: new Date(chongqing.now() - 60_000) })
      .where('jti', '=', notice.jti)
      .execute()
    expect(await reconcile(chongqing)).toMatchObject({ ...nothing, applied: 1 })
    const row = await chongqing.db.selectFrom('inbox').select('applied_at').where('jti', '=', notice.jti).executeTakeFirst()
    expect(row?.applied_at).toBeInstanceOf(Date)
  })

  it('alarms where both hold something else under one id, and changes nothing', async () => {
    const { jti } = await exchanged(chengdu, chongqing)
    const digest = 'A'.repeat(43)
    const held = await chongqing.db.selectFrom('inbox').select('digest').where('jti', '=', jti).executeTakeFirstOrThrow()
    const rewrite = async (to: string) => {
      for (const table of ['inbox', 'documents'] as const)
        await sql`update ${sql.table(table)} set digest = ${to} where jti = ${jti}`.execute(chongqing.db)
    }
    await rewrite(digest)
    expect(await reconcile(chengdu)).toMatchObject({
      ...nothing,
      open: [{ iss: CHENGDU, jti, why: 'digest-differs' }],
      openTotal: 1,
      match: false,
    })
    const alert = await chengdu.db.selectFrom('alerts').selectAll().where('jti', '=', jti).executeTakeFirst()
    expect(alert).toMatchObject({ kind: 'reconcile.differs', peer: CHONGQING, detail: { iss: CHENGDU, why: 'digest-differs' } })
    await rewrite(held.digest)
    await expectEqualHalves()
  })

  it('finds the one among pages that the peer cuts short', async () => {
    const notice = await exchanged(chengdu, chongqing)
    for (let n = 0; n < 4; n++) await exchanged(n % 2 === 0 ? chengdu : chongqing, n % 2 === 0 ? chongqing : chengdu)
    await forget(chongqing, notice)
    const { documents } = await halfOf(chengdu)
    nodes.disturb((question, answer) => {
      if (!('day' in (question as object))) return answer
      const { heads } = answer as { heads: unknown[] }
      return { heads: heads.slice(0, 2), more: heads.length > 2 }
    })
    expect(await reconcile(chengdu)).toMatchObject({ ...nothing, differingDays: 1, restoredAtPeer: 1, compared: documents.length })
    nodes.disturb(null)
    await expectEqualHalves()
  })

  it('logs ids and counts, and nothing of a document', () => {
    const lines = nodes.lines.filter((line) => line.includes('reconcile.'))
    expect(lines.length).toBeGreaterThan(20)
    expect(lines.join('')).not.toMatch(/拖欠|成都市|eyJ/)
  })
})

async function loseReceipt(jti: string): Promise<void> {
  await sql`update outbox set receipt = null, leaf_index = null, path = null where jti = ${jti}`.execute(chengdu.db)
  await sql`delete from receipts where not exists (select 1 from places p where p.receipt = receipts.digest)`.execute(chengdu.db)
}

/** The peer's answer never came: the message is pending, and its receipt is not known here. */
async function loseAnswer(jti: string): Promise<void> {
  await loseReceipt(jti)
  await sql`update documents set received_at = null where jti = ${jti}`.execute(chengdu.db)
  await sql`update outbox set state = 'pending', answered_at = null where jti = ${jti}`.execute(chengdu.db)
}

describe('an item from the peer', () => {
  let notice: { caseNumber: string; jti: string }
  let item: Item
  beforeEach(async () => {
    notice = await exchanged(chengdu, chongqing)
    const [one] = await readItems(chengdu.db, chengdu, CHONGQING, [{ iss: CHENGDU, jti: notice.jti }])
    item = one as Item
    await forget(chongqing, notice)
  })

  it('is taken back when it proves itself, once', async () => {
    expect(await restoreItems(chongqing, CHENGDU, [item, item])).toMatchObject({ restored: 1, caseNumbers: [notice.caseNumber] })
    expect(await restoreItems(chongqing, CHENGDU, [item])).toMatchObject({ restored: 0, caseNumbers: [] })
    const kinds = await sql<{ kind: string }>`select kind from log_pending where entry::json->>'jti' = ${notice.jti} order by id`.execute(
      chongqing.db,
    )
    expect(kinds.rows.map(({ kind }) => kind)).toEqual(['message.received', 'message.received'])
  })

  it('that was refused is applied even if the runner is killed: what was written behind it counts', async () => {
    const start = await exchanged(chengdu, chongqing)
    const row = await chengdu.db.selectFrom('documents').select('digest').where('jti', '=', start.jti).executeTakeFirstOrThrow()
    const message = await heldMessage(chengdu, start.jti)
    const parsed = parseClaims(Buffer.from(message.split('.')[1] ?? '', 'base64url'))
    if (!parsed.ok) throw new Error('this node wrote it')
    const write = async (document: string, seen: string[], data: MessageClaims['data']) => {
      const jti = uuidv7(chengdu.now())
      const signed = await signMessage(
        { ...parsed.claims, jti, iat: Math.floor(chengdu.now() / 1000), document, seen, data },
        chengdu.signer,
      )
      return { jti, ...signed }
    }
    const wrong = await write('correction', [row.digest], {})
    const behind = await write(
      'retraction',
      [row.digest, wrong.digest],
      violationNotice.documents.retraction?.examples[0]?.body.data as MessageClaims['data'],
    )
    const answered = await acceptMessages(chongqing, [wrong.token])
    if (answered.status !== 200) throw new Error('it is verified')
    const [entry] = answered.answer.messages
    if (entry?.status !== 'refused') throw new Error('it fits no schema')
    await settle(chengdu, chongqing)
    await forget(chongqing, { jti: wrong.jti, caseNumber: start.caseNumber })
    await acceptMessages(chongqing, [behind.token])
    await settle(chengdu, chongqing)
    const stored = async () =>
      await chongqing.db.selectFrom('cases').select('state').where('case_number', '=', start.caseNumber).executeTakeFirstOrThrow()
    expect(await stored()).toEqual({ state: 'notified' })

    const { reason, index, path } = entry
    const proof = { status: 'refused' as const, reason, receipt: answered.answer.receipts[0] ?? '', index, path }
    const lost = { iss: CHENGDU, jti: wrong.jti, digest: wrong.digest, message: wrong.token, ...proof }
    expect(await restoreItems(chongqing, CHENGDU, [lost])).toMatchObject({ restored: 1 })
    // The runner is gone; the sweep comes to it.
    await settle(chengdu, chongqing)
    expect(await stored()).toEqual({ state: 'retracted' })
    // Chengdu's node never wrote these two: nothing of them is to be found by what follows.
    for (const { jti } of [wrong, behind, start]) await forget(chongqing, { jti, caseNumber: start.caseNumber })
    for (const written of [start, notice]) await forget(chengdu, written)
  })

  it('that this node had written itself is replayed even if the runner is killed: the sweep comes to it', async () => {
    expect(await restoreItems(chongqing, CHENGDU, [item])).toMatchObject({ restored: 1 })
    await settle(chengdu, chongqing)
    const [own] = await readItems(chongqing.db, chongqing, CHENGDU, [{ iss: CHENGDU, jti: notice.jti }])
    await forget(chengdu, notice)
    expect(await restoreItems(chengdu, CHONGQING, [own as Item])).toMatchObject({ restored: 1, caseNumbers: [notice.caseNumber] })
    const later = { ...chengdu, now: () => Date.now() + 61_000 }
    const due = await takeToReplay(chengdu.db, new Date(later.now()), new Date(later.now() + 10_000))
    expect(due).toEqual([notice.caseNumber])
    // Taken for a while: the next sweep leaves it alone.
    expect(await takeToReplay(chengdu.db, new Date(later.now()), new Date(later.now() + 10_000))).toEqual([])
    await applyCases(chengdu, due)
    expect(await takeToReplay(chengdu.db, new Date(later.now() + 60_000), new Date(later.now()))).toEqual([])
    await expectEqualHalves()
  })

  it('is refused when any part of it was tampered with, and nothing is stored', async () => {
    const other = await exchanged(chengdu, chongqing)
    const [stranger] = (await readItems(chengdu.db, chengdu, CHONGQING, [{ iss: CHENGDU, jti: other.jti }])) as [Item]
    const [header, payload, signature] = (item.message as string).split('.') as [string, string, string]
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
    const rewritten = Buffer.from(JSON.stringify({ ...claims, basis: 'other' })).toString('base64url')
    const tampered: [Partial<Item>, string][] = [
      [{ message: `${header}.${rewritten}.${signature}` }, 'message'],
      [{ message: stranger.message }, 'message'],
      [{ message: 'x' }, 'message'],
      [{ digest: stranger.digest }, 'message'],
      [{ jti: stranger.jti }, 'message'],
      [{ iss: CHONGQING }, 'message'],
      [{ iss: '440100' }, 'parties'],
      [{ receipt: stranger.receipt }, 'receipt'],
      // Not the last characters: one signature in sixteen ends with zeros anyway.
      [{ receipt: `${item.receipt.slice(0, -8)}${item.receipt.endsWith('AAAAAAAA') ? 'B' : 'A'}AAAAAAA` }, 'receipt'],
      [{ receipt: item.message as string }, 'receipt'],
      [{ index: 1 }, 'receipt'],
      [{ path: [item.digest] }, 'receipt'],
      [{ status: 'refused', reason: 'schema' }, 'receipt'],
      [{ message: null }, 'content-not-held'],
    ]
    const before = await halfOf(chongqing)
    for (const [change, why] of tampered) {
      const hostile = { ...item, ...change }
      const result = await restoreItems(chongqing, CHENGDU, [hostile])
      expect(result, JSON.stringify(change)).toMatchObject({ restored: 0 })
      expect([...result.refused.values()], JSON.stringify(change)).toEqual([why])
    }
    expect(await restoreItems(chongqing, CHONGQING, [item])).toMatchObject({ restored: 0 })
    expect(await halfOf(chongqing)).toEqual(before)
    expect(await reconcile(chengdu)).toMatchObject({ restoredAtPeer: 1, match: true })
  })

  it('of a hostile peer shows as open, and the run ends', async () => {
    await reconcile(chengdu)
    await forget(chengdu, notice)
    nodes.disturb((question, answer) => {
      if (!('fetch' in (question as object))) return answer
      const { items } = answer as { items: Item[] }
      return { items: items.map((one) => ({ ...one, path: [one.digest] })) }
    })
    expect(await reconcile(chengdu)).toMatchObject({ fetched: 0, match: false, open: [{ iss: CHENGDU, jti: notice.jti, why: 'receipt' }] })
    nodes.disturb((question, answer) => ('fetch' in (question as object) ? { items: [] } : answer))
    expect(await reconcile(chengdu)).toMatchObject({
      fetched: 0,
      match: false,
      open: [{ iss: CHENGDU, jti: notice.jti, why: 'not-answered' }],
    })
    nodes.disturb((question, answer) => ('day' in (question as object) ? { heads: [], more: true } : answer))
    const { id } = await requestReconciliation(chengdu, operator, { peer: CHONGQING, ...days, ...newKey() })
    await runReconciliation(chengdu, CHONGQING)
    expect(await readReconciliation(chengdu, id)).toMatchObject({
      state: 'failed',
      result: { failure: 'unreadable' },
      finishedAt: expect.any(String),
    })
    nodes.disturb(null)
    expect(await reconcile(chengdu)).toMatchObject({ fetched: 1, match: true })
    await expectEqualHalves()
  })
})

describe('requests and runs', () => {
  const refusal = (code: string) => expect.objectContaining({ name: 'HefuError', code })

  it('are refused for a region that is no peer, and for impossible days', async () => {
    const request = { peer: CHONGQING, ...days }
    for (const peer of [CHENGDU, '440100'])
      await expect(requestReconciliation(chengdu, operator, { ...request, peer, ...newKey() })).rejects.toEqual(
        refusal('recipient-unknown'),
      )
    for (const range of [
      { from: '2026-11-02', to: '2026-11-01' },
      { from: '1999-12-31', to: '2000-01-01' },
      { from: '2025-01-01', to: '2026-11-01' },
      { from: '2026-02-30', to: '2026-03-01' },
    ])
      await expect(requestReconciliation(chengdu, operator, { ...request, ...range, ...newKey() })).rejects.toEqual(
        refusal('malformed-request'),
      )
    for (const id of ['x', uuidv7(1)]) await expect(readReconciliation(chengdu, id)).rejects.toEqual(refusal('not-found'))
  })

  it('are one for one key, and listed newest first', async () => {
    const key = newKey()
    const first = await requestReconciliation(chengdu, operator, { peer: CHONGQING, ...days, ...key })
    expect(await requestReconciliation(chengdu, operator, { peer: CHONGQING, ...days, ...key })).toEqual(first)
    await expect(requestReconciliation(chengdu, operator, { peer: CHONGQING, ...days, ...key, fingerprint: 'g' })).rejects.toEqual(
      refusal('idempotency-key-reused'),
    )
    expect(await readReconciliation(chengdu, first.id)).toEqual({
      id: first.id,
      peer: CHONGQING,
      requestedBy: 'operators',
      state: 'queued',
      ...days,
      createdAt: expect.any(String),
      finishedAt: null,
      result: null,
    })
    expect(await peersToReconcile(chengdu.db)).toEqual([CHONGQING])
    await runReconciliation(chengdu, CHONGQING)
    expect(await peersToReconcile(chengdu.db)).toEqual([])
    const page = await listReconciliations(chengdu, { limit: 1 })
    expect(page).toMatchObject({ items: [{ id: first.id, state: 'done' }], next: first.id })
    const rest = await listReconciliations(chengdu, { limit: 1, after: first.id })
    expect((rest.items[0]?.id ?? '') < first.id).toBe(true)
  })

  it('by schedule cover the last 31 days; a job that finds nothing to do makes none', async () => {
    const newest = async () => (await listReconciliations(chengdu, { limit: 1 })).items[0]
    const before = await newest()
    await runReconciliation(chengdu, CHONGQING)
    expect(await newest()).toEqual(before)
    await runReconciliation(chengdu, CHONGQING, { nightly: true })
    const last = await newest()
    expect(last).toMatchObject({
      requestedBy: 'schedule',
      state: 'done',
      from: '2026-10-21',
      to: '2026-11-20',
      result: { days: 31, match: true },
    })
  })

  it('go on where a killed runner left them, and never twice at once', async () => {
    const id = uuidv7(chengdu.now())
    await insertReconciliation(chengdu.db, {
      id,
      peer: CHONGQING,
      requested_by: 'operators',
      from_day: days.from,
      to_day: days.to,
      created_at: new Date(chengdu.now()),
    })
    await startReconciliation(chengdu.db, id)
    const ran = await asOnlyReconciler(chengdu.db, CHONGQING, async () => {
      expect(await peersToReconcile(chengdu.db)).toEqual([])
      await runReconciliation(chengdu, CHONGQING)
      expect(await readReconciliation(chengdu, id)).toMatchObject({ state: 'running' })
    })
    expect(ran).toBe(true)
    expect(await peersToReconcile(chengdu.db)).toEqual([CHONGQING])
    await runReconciliation(chengdu, CHONGQING)
    expect(await readReconciliation(chengdu, id)).toMatchObject({ state: 'done', result: { match: true } })
  })
})
