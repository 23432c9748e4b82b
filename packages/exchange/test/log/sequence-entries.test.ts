import { formatLogEntry } from '@hefu/protocol'
import { appendLeaves, EMPTY_RANGE, leafHash, proveInclusion, verifyInclusion } from '@hefu/translog'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTestDatabase } from '../../../testkit/src/postgres/test-database.ts'
import { findEntries } from '../../src/log/log-proof-store.ts'
import { tilesOf } from '../../src/log/log-store.ts'
import { readPublished } from '../../src/log/publish-checkpoint.ts'
import { sequenceEntries } from '../../src/log/sequence-entries.ts'
import { signCheckpoint } from '../../src/log/sign-checkpoint.ts'
import { digestOf, expectWholeLog, type LogNode, openLogNode } from './log-node.ts'

let node: LogNode
beforeEach(async () => {
  node = await openLogNode((await createTestDatabase()).logins)
})
afterEach(async () => await node[Symbol.asyncDispose]())

const sequence = async (limit?: number) => await sequenceEntries(node.ctx, node.sequencer, await node.head(), limit)
const pendingCount = async () => Number((await sql<{ n: string }>`select count(*) as n from log_pending`.execute(node.owner)).rows[0]?.n)

it('what is proven to a peer is what is about it: others cannot crowd it out under the same id', async () => {
  const jti = '019ab3c4-0000-7000-8000-000000000001'
  const refusal = (iss: string, n: number) =>
    ({ kind: 'refusal', iss, aud: '500000', jti, digest: digestOf(n), reason: 'reused-id' }) as Parameters<LogNode['write']>[0]
  await node.write(...Array.from({ length: 5 }, (_, n) => refusal('510700', n)), refusal('510100', 9))
  await sequence()
  const found = await findEntries(node.ctx.db, { kind: 'refusal', jtis: [jti], peer: '510100' }, 3)
  expect(found.map(({ index }) => index)).toEqual([5])
})

describe('a batch', () => {
  it('gives entries their place in the order in which they were written, byte for byte', async () => {
    await node.fill(3)
    await node.write({ kind: 'heartbeat' }, { kind: 'registry', version: 9, digest: digestOf(9) })
    const written = await node.owner.selectFrom('log_pending').select('entry').orderBy('id').execute()
    expect(await sequence()).toMatchObject({ status: 'placed', entries: 5, more: false })
    const entries = await expectWholeLog(node)
    expect(entries.map(({ entry }) => entry)).toEqual(written.map(({ entry }) => entry))
    expect(await pendingCount()).toBe(0)
    expect(await sequence()).toEqual({ status: 'idle' })
  })

  it('after batch widens the tiles: sizes on both sides of a full tile', async () => {
    await node.fill(700)
    for (const limit of [1, 2, 253, 1, 254, 100, 89]) {
      const before = (await node.head()).range.size
      expect(await sequence(limit)).toMatchObject({ status: 'placed', entries: limit, more: true })
      expect((await expectWholeLog(node)).length).toBe(before + limit)
    }
    const size = (await node.head()).range.size
    const published = await readPublished(node.sequencer, node.ctx)
    const [entry] = await node.owner.selectFrom('log_entries').select('entry').where('index', '=', '300').execute()
    const path = await proveInclusion(300, size, tilesOf(node.ctx.db, 0))
    const inclusion = {
      index: 300,
      size,
      leaf: leafHash(Buffer.from(entry?.entry ?? '')),
      path,
      root: published?.checkpoint.root ?? new Uint8Array(),
    }
    expect(verifyInclusion(inclusion)).toBe(true)
  })

  it('keeps what look-ups need beside the bytes, and nothing of a text that is no entry', async () => {
    const message = { iss: '510100', aud: '500000', jti: '019abcde-0000-7000-8000-000000000001', digest: digestOf(1) }
    await node.owner.insertInto('log_pending').values({ at: new Date(), kind: 'odd', entry: 'no JSON at all' }).execute()
    await node.owner
      .insertInto('log_pending')
      .values({ at: new Date(), kind: 'odd', entry: '{"jti":"1","digest":2,"case":null}' })
      .execute()
    await node.write({ kind: 'refusal', ...message, reason: 'expired' })
    expect(await sequence()).toMatchObject({ status: 'placed', entries: 3 })
    const [first, second, third] = await expectWholeLog(node)
    const nothing = { peer: null, procedure: null, case_number: null, jti: null, digest: null }
    expect(first).toMatchObject({ ...nothing, kind: 'odd', entry: 'no JSON at all' })
    expect(second).toMatchObject(nothing)
    expect(third).toMatchObject({ ...nothing, kind: 'refusal', peer: '510100', jti: message.jti, digest: message.digest })
  })

  it('takes a row with a smaller id that commits later', async () => {
    await node.owner.transaction().execute(async (tx) => {
      await tx
        .insertInto('log_pending')
        .values({ at: new Date(), kind: 'heartbeat', entry: formatLogEntry({ kind: 'heartbeat' }, 1) })
        .execute()
      await node.fill(2)
      expect(await sequence()).toMatchObject({ status: 'placed', entries: 2 })
    })
    expect(await sequence()).toMatchObject({ status: 'placed', entries: 1 })
    expect((await expectWholeLog(node)).map(({ kind }) => kind)).toEqual(['registry', 'registry', 'heartbeat'])
  })
})

describe('two sequencers at once', () => {
  it('with the same head: one moves the log, the other writes nothing', async () => {
    for (let round = 0; round < 10; round++) {
      await node.fill(20)
      const head = await node.head()
      const results = await Promise.all([1, 2, 3].map(async () => await sequenceEntries(node.ctx, node.sequencer, head)))
      expect(results.filter(({ status }) => status === 'placed')).toHaveLength(1)
      // Who came when nothing was left has nothing to do; who came in between is fenced off.
      for (const { status } of results) expect(['placed', 'fenced', 'idle']).toContain(status)
      expect(await expectWholeLog(node)).toHaveLength(20 * (round + 1))
    }
  })

  it('an old head never moves a log again', async () => {
    await node.fill(4)
    const old = await node.head()
    expect(await sequence(2)).toMatchObject({ status: 'placed' })
    expect(await sequenceEntries(node.ctx, node.sequencer, old)).toEqual({ status: 'fenced' })
    expect(await expectWholeLog(node)).toHaveLength(2)
    expect(await pendingCount()).toBe(2)
  })

  it('a closed log is not moved', async () => {
    await node.fill(1)
    const head = await node.head()
    await node.owner.updateTable('log_heads').set({ closed_at: new Date() }).execute()
    expect(await sequenceEntries(node.ctx, node.sequencer, head)).toEqual({ status: 'fenced' })
    expect(await pendingCount()).toBe(1)
  })
})

describe('tables that do not fit', () => {
  it.each([
    ['a tile that lost a hash', 'update log_tiles set hashes = substr(hashes, 33) where level = 0'],
    ['a tile that is gone', 'delete from log_tiles'],
    ['a checkpoint that is there already', "insert into log_checkpoints values (0, 5, now(), '')"],
  ])('%s: nothing is moved, nothing is signed over it', async (_, damage) => {
    await node.fill(3)
    expect(await sequence()).toMatchObject({ status: 'placed' })
    await sql.raw(damage).execute(node.owner)
    await node.fill(2)
    await expect(sequence()).rejects.toThrow()
    expect((await node.head()).range.size).toBe(3)
    expect(await pendingCount()).toBe(2)
    expect(await node.owner.selectFrom('log_entries').select('index').execute()).toHaveLength(3)
  })

  it('a checkpoint of other bytes is not shown', async () => {
    await node.fill(3)
    await sequence()
    expect(await readPublished(node.sequencer, node.ctx)).toMatchObject({ checkpoint: { size: 3 } })
    await sql`update log_checkpoints set note = replace(note, chr(10) || '3' || chr(10), chr(10) || '2' || chr(10))`.execute(node.owner)
    await expect(readPublished(node.sequencer, node.ctx)).rejects.toThrow('not this log')
    await sql`delete from log_checkpoints`.execute(node.owner)
    await node.owner
      .insertInto('log_checkpoints')
      .values({ epoch: 0, size: '3', at: new Date(), note: await otherNote() })
      .execute()
    await expect(readPublished(node.sequencer, node.ctx)).rejects.toThrow('does not fit')
  })
})

/** Signed by the log's own key, over another tree of that size. */
async function otherNote(): Promise<string> {
  const leaves = [1, 2, 3].map((n) => leafHash(Buffer.of(n)))
  return await signCheckpoint(node.ctx.exchangeLog, appendLeaves(EMPTY_RANGE, leaves))
}
