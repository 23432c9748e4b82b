import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { Logins } from '../../../testkit/src/postgres/logins.ts'
import { createTestDatabase } from '../../../testkit/src/postgres/test-database.ts'
import { waitUntil } from '../../../testkit/src/processes/wait-until.ts'
import type { PublishedCheckpoint } from '../../src/log/publish-checkpoint.ts'
import { type Sequencer, startSequencer } from '../../src/log/run-sequencer.ts'
import { takeSequencerLock } from '../../src/log/sequencer-lock.ts'
import { expectWholeLog, type LogNode, openLogNode } from './log-node.ts'

const hourMs = 3_600_000

let node: LogNode
let logins: Logins
let offsetMs = 0
let running: Sequencer[] = []
beforeEach(async () => {
  logins = (await createTestDatabase()).logins
  const opened = await openLogNode(logins)
  node = { ...opened, ctx: { ...opened.ctx, now: () => Date.now() + offsetMs } }
})
afterEach(async () => {
  await Promise.all(running.map(async (one) => await one.stop()))
  running = []
  offsetMs = 0
  await node[Symbol.asyncDispose]()
})

function start(onPublished?: (published: PublishedCheckpoint) => void): Sequencer {
  const sequencer = startSequencer(node.ctx, { url: logins.sequencerDatabaseUrl, ...(onPublished ? { onPublished } : {}) })
  running.push(sequencer)
  return sequencer
}

const kinds = async () => (await node.owner.selectFrom('log_entries').select('kind').orderBy('index').execute()).map(({ kind }) => kind)

describe('a sequencer', () => {
  it('begins with the checkpoint of an empty log', async () => {
    const published: PublishedCheckpoint[] = []
    start((one) => published.push(one))
    await waitUntil(() => published.length > 0, 10_000)
    expect(published[0]).toMatchObject({ epoch: 0, checkpoint: { origin: node.ctx.exchangeLog.origin, size: 0 } })
    expect(await expectWholeLog(node)).toEqual([])
  })

  it('publishes a checkpoint within a second of new entries, and only what the database holds', async () => {
    const published: PublishedCheckpoint[] = []
    const sequencer = start((one) => published.push(one))
    await waitUntil(() => sequencer.leading() && published.length > 0, 10_000)
    for (let round = 1; round <= 5; round++) {
      await node.fill(3)
      const committed = performance.now()
      await waitUntil(() => published.at(-1)?.checkpoint.size === 3 * round, 5_000, 2)
      expect(performance.now() - committed).toBeLessThan(1_000)
    }
    for (const { checkpoint, note } of published) {
      const [row] = await node.owner.selectFrom('log_checkpoints').select('note').where('size', '=', String(checkpoint.size)).execute()
      expect(row?.note).toBe(note)
    }
    expect(await expectWholeLog(node)).toHaveLength(15)
  })

  it('takes a backlog in batches, in order', async () => {
    await node.fill(3_500)
    const sequencer = start()
    await waitUntil(async () => (await kinds()).length === 3_500, 20_000, 50)
    await sequencer.stop()
    const entries = await expectWholeLog(node)
    expect(entries.map(({ entry }) => JSON.parse(entry).version)).toEqual(Array.from({ length: 3_500 }, (_, n) => n + 1))
    expect(await node.owner.selectFrom('log_checkpoints').select('size').orderBy('size').execute()).toHaveLength(5)
  })

  it('says every minute that it is alive when nothing else does', async () => {
    start()
    await node.fill(1)
    await waitUntil(async () => (await kinds()).length === 1, 10_000, 20)
    offsetMs += 59_000
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(await kinds()).toEqual(['registry'])
    offsetMs += 1_100
    await waitUntil(async () => (await kinds()).length === 2, 5_000, 20)
    offsetMs += 60_100
    await waitUntil(async () => (await kinds()).length === 3, 5_000, 20)
    expect(await kinds()).toEqual(['registry', 'heartbeat', 'heartbeat'])
    await expectWholeLog(node)
  })

  it('forgets the checkpoints of the hour before last, but the newest of each hour', async () => {
    const sequencer = start()
    const sizes = async () =>
      (await node.owner.selectFrom('log_checkpoints').select('size').orderBy('size').execute()).map(({ size }) => size)
    offsetMs = hourMs - (Date.now() % hourMs)
    for (let size = 1; size <= 3; size++) {
      await node.fill(1)
      await waitUntil(async () => (await kinds()).length === size, 10_000, 20)
    }
    await waitUntil(async () => (await sizes()).length === 4, 5_000, 20)
    offsetMs += 2 * hourMs
    await waitUntil(async () => !(await sizes()).includes('2'), 5_000, 20)
    const left = await sizes()
    expect(left).toContain('3')
    expect(left).not.toContain('1')
    await sequencer.stop()
    await expectWholeLog(node)
  })

  it('gives everything committed before its stop a place', async () => {
    const sequencer = start()
    await waitUntil(() => sequencer.leading(), 10_000)
    await node.fill(1_200)
    await sequencer.stop()
    expect(await expectWholeLog(node)).toHaveLength(1_200)
  })

  it('moves no log that is not its own', async () => {
    await node.head()
    await node.owner.updateTable('log_heads').set({ origin: 'hefu.example/other' }).execute()
    await node.fill(1)
    start()
    await waitUntil(() => node.lines.some((line) => line.includes('sequencer.other-log')), 10_000)
    expect(await kinds()).toEqual([])
    expect(await node.owner.selectFrom('log_checkpoints').selectAll().execute()).toEqual([])
  })

  it('goes on after its connections broke', async () => {
    const sequencer = start()
    await waitUntil(() => sequencer.leading(), 10_000)
    await node.fill(2)
    const user = new URL(logins.sequencerDatabaseUrl).username
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where usename = ${user} and datname = current_database()`.execute(
      node.owner,
    )
    await node.fill(2)
    await waitUntil(async () => (await kinds()).length === 4, 10_000, 20)
    await sequencer.stop()
    expect(await expectWholeLog(node)).toHaveLength(4)
  })
})

describe('two sequencers', () => {
  it('one leads, the other stands by and takes over within five seconds of its end', async () => {
    const [one, other] = [start(), start()]
    await waitUntil(() => one.leading() || other.leading(), 10_000)
    await node.fill(5)
    await waitUntil(async () => (await kinds()).length === 5, 10_000, 20)
    const [leader, standby] = one.leading() ? [one, other] : [other, one]
    expect(standby.leading()).toBe(false)
    await leader.stop()
    const ended = performance.now()
    await node.fill(5)
    await waitUntil(async () => (await kinds()).length === 10, 10_000, 20)
    expect(performance.now() - ended).toBeLessThan(5_000)
    expect(standby.leading()).toBe(true)
    expect(await expectWholeLog(node)).toHaveLength(10)
  })

  it('the lock is one per database, and lost with its connection', async () => {
    const first = await takeSequencerLock(logins.sequencerDatabaseUrl)
    onTestFinished(async () => await first?.release())
    expect(first?.held()).toBe(true)
    expect(await takeSequencerLock(logins.sequencerDatabaseUrl)).toBeNull()
    const elsewhere = await takeSequencerLock((await createTestDatabase()).logins.migrationDatabaseUrl)
    expect(elsewhere?.held()).toBe(true)
    await elsewhere?.release()
    await sql`select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`.execute(
      node.owner,
    )
    await waitUntil(() => first?.held() === false, 5_000)
    const next = await takeSequencerLock(logins.sequencerDatabaseUrl)
    expect(next?.held()).toBe(true)
    await next?.release()
  })
})
