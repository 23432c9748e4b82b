import pg from 'pg'
import { expect, test } from 'vitest'
import { createTestDatabase, testDatabase } from '../../src/postgres/test-database.ts'

const database = testDatabase()

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

const tables = `SELECT count(*)::int AS tables FROM information_schema.tables WHERE table_schema = 'public'`

test('clones have the newest schema and share nothing', async () => {
  const other = await createTestDatabase()
  const [here] = await ask(database.url, tables)
  expect(here).toEqual((await ask(other.url, tables))[0])
  expect((here as { tables: number }).tables).toBeGreaterThan(5)
  await ask(database.url, 'CREATE TABLE only_here (half text)')
  expect(await ask(other.url, `SELECT to_regclass('only_here') AS found`)).toEqual([{ found: null }])
})

test('an empty one has no tables; its name says whose it is', async () => {
  const empty = await createTestDatabase({ migrated: false })
  expect(await ask(empty.url, tables)).toEqual([{ tables: 0 }])
  expect(empty.name).toMatch(/^test_test_database_[0-9a-f]{8}$/)
})

test('dropping names connections that were left open', async () => {
  const leaking = await createTestDatabase({ migrated: false })
  const client = new pg.Client({ connectionString: leaking.url })
  const ended = new Promise((resolve) => client.on('error', resolve))
  await client.connect()
  await expect(leaking.drop()).rejects.toThrow('still open')
  await ended
})
