import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testDatabase } from '../../../testkit/src/postgres/test-database.ts'
import { grantLogins } from '../../src/db/grant-logins.ts'
import { sequenceEntries } from '../../src/log/sequence-entries.ts'
import { expectWholeLog, type LogNode, openLogNode } from './log-node.ts'

const database = testDatabase()
let node: LogNode
beforeAll(async () => {
  node = await openLogNode(database.logins)
  await node.fill(3)
  await sequenceEntries(node.ctx, node.sequencer, await node.head())
  await node.fill(1)
})
afterAll(async () => await node?.[Symbol.asyncDispose]())

const logins = () => ({ application: node.ctx.db, sequencer: node.sequencer, owner: node.owner })
type Login = keyof ReturnType<typeof logins>

/** The statement's outcome; nothing of it stays. */
async function outcome(login: Login, statement: string): Promise<string> {
  const undone = new Error('undone')
  return await logins()
    [login].transaction()
    .execute(async (tx) => {
      await sql.raw(statement).execute(tx)
      throw undone
    })
    .catch((error: Error & { code?: string }) => (error === undone ? 'done' : `${error.code}`))
}

const entry = `(index, epoch, at, kind, entry) values (99, 0, now(), 'heartbeat', '{}')`
const denied = '42501'

describe('entries of the log', () => {
  it.each(['application', 'sequencer', 'owner'] as const)('are not changed by the %s', async (login) => {
    for (const change of [
      `update log_entries set entry = '{}' where index = 0`,
      'update log_entries set index = index + 10 where index = 2',
      'delete from log_entries where index = 1',
      'delete from log_entries where false',
      'truncate log_entries',
    ]) {
      expect(await outcome(login, change), change).toBe(denied)
    }
    expect(await expectWholeLog(node)).toHaveLength(3)
  })

  it('the owner is refused by the triggers, in words', async () => {
    await expect(sql`delete from log_entries`.execute(node.owner)).rejects.toThrow('entries of the exchange log are never changed (DELETE)')
    await expect(sql`truncate log_entries`.execute(node.owner)).rejects.toThrow('never changed (TRUNCATE)')
    await expect(sql`update log_entries set kind = 'x'`.execute(node.owner)).rejects.toThrow('never changed (UPDATE)')
  })
})

it.each<[Login, string, string]>([
  ['application', `insert into log_pending (at, kind, entry) values (now(), 'heartbeat', '{}')`, 'done'],
  ['application', 'select * from log_entries, log_pending, log_heads, log_tiles, log_checkpoints', 'done'],
  ['application', `insert into witnessed_heads values ('a', 0, '', '', now())`, 'done'],
  ['application', `update cases set state = state`, 'done'],
  ['application', 'create schema of_the_queue', 'done'],
  ['application', 'delete from log_pending', denied],
  ['application', `update log_pending set entry = '{}'`, denied],
  ['application', `insert into log_entries ${entry}`, denied],
  ['application', 'update log_heads set size = 0', denied],
  ['application', `insert into log_tiles values (0, 0, 9, '')`, denied],
  ['application', 'delete from log_checkpoints', denied],
  ['application', 'drop trigger entries_are_kept on log_entries', denied],
  ['application', 'alter table log_entries disable trigger all', denied],
  ['application', 'create table public.of_mine (a int)', denied],
  ['application', 'truncate cases', denied],
  ['sequencer', `insert into log_entries ${entry}`, 'done'],
  ['sequencer', 'delete from log_pending', 'done'],
  ['sequencer', 'update log_heads set size = size', 'done'],
  ['sequencer', `insert into log_pending (at, kind, entry) values (now(), 'heartbeat', '{}')`, 'done'],
  ['sequencer', `update log_pending set entry = '{}'`, denied],
  ['sequencer', 'delete from log_heads', denied],
  ['sequencer', 'delete from log_tiles', denied],
  ['sequencer', 'delete from log_checkpoints', 'done'],
  ['sequencer', 'select * from documents', denied],
  ['sequencer', 'select * from register_records', denied],
  ['sequencer', 'update witnessed_heads set size = 0', denied],
  ['sequencer', 'drop trigger entries_are_kept on log_entries', denied],
  ['sequencer', `insert into log_seals values (0, now(), 'w', 'other-history', '{}')`, 'done'],
  ['sequencer', 'delete from log_seals', denied],
  ['sequencer', `update log_seals set epoch = 9`, denied],
  ['sequencer', `insert into log_successors values (1, 'o', 'c', 'r', now(), 'd')`, denied],
  ['application', `insert into log_seals values (0, now(), 'w', 'other-history', '{}')`, denied],
  ['application', 'delete from log_seals', denied],
  ['application', `insert into log_successors values (1, 'o', 'c', 'r', now(), 'd')`, 'done'],
  ['application', `update log_successors set reason = ''`, denied],
  ['application', 'update log_checkpoints set witnessed = null', denied],
])('the %s: %s: %s', async (login, statement, expected) => {
  expect(await outcome(login, statement)).toBe(expected)
})

it('an entry that no bundle can hold is not written', async () => {
  const write = (length: number) =>
    outcome('application', `insert into log_pending (at, kind, entry) values (now(), 'x', repeat('x', ${length}))`)
  expect([await write(65_535), await write(65_536)]).toEqual(['done', '23514'])
})

it('rights are made again at every start, from several processes at once, and what was given too much is taken back', async () => {
  const { application, sequencer } = await users()
  await sql
    .raw(`grant all on log_entries, log_heads to "${application}", "${sequencer}"; revoke insert on log_pending from "${application}"`)
    .execute(node.owner)
  expect(await outcome('application', `insert into log_entries ${entry}`)).toBe('done')
  const urls = { application: database.logins.databaseUrl, sequencer: database.logins.sequencerDatabaseUrl }
  await Promise.all([1, 2, 3, 4].map(async () => await grantLogins(node.owner, urls)))
  expect(await outcome('application', `insert into log_entries ${entry}`)).toBe(denied)
  expect(await outcome('sequencer', 'delete from log_heads')).toBe(denied)
  expect(await outcome('application', `insert into log_pending (at, kind, entry) values (now(), 'heartbeat', '{}')`)).toBe('done')
})

it('one login for everything needs no rights', async () => {
  await grantLogins(node.owner, { application: database.url, sequencer: database.url })
  expect(await outcome('owner', 'delete from log_pending')).toBe('done')
})

async function users() {
  const nameOf = (url: string) => decodeURIComponent(new URL(url).username)
  return { application: nameOf(database.logins.databaseUrl), sequencer: nameOf(database.logins.sequencerDatabaseUrl) }
}
