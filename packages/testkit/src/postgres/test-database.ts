import { randomBytes } from 'node:crypto'
import { basename } from 'node:path'
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, inject, onTestFinished, TestRunner } from 'vitest'
import { waitUntil } from '../processes/wait-until.ts'
import { databaseCommands } from './database-commands.ts'
import type {} from './global-setup.ts'
import { type Logins, loginsOf } from './logins.ts'
import type { TestServer } from './test-server.ts'

export type TestDatabase = {
  name: string
  /** The superuser's login. */
  url: string
  /** A node's three logins. */
  logins: Logins
  /** Drops it. Throws when connections are still open: a test that leaks them hides what it left running. */
  drop(): Promise<void>
}

/**
 * A new database with the newest schema, cloned from the run's template. Called within a test it is dropped when that
 * test ends, or kept and named when it failed; elsewhere the caller drops it. `migrated: false` gives an empty one.
 */
export async function createTestDatabase(options: { migrated?: boolean } = {}): Promise<TestDatabase> {
  const { superuserUrl, template, users } = await askTestServer()
  const commands = databaseCommands(superuserUrl)
  const name = `test_${slug(expect.getState().testPath)}_${randomBytes(4).toString('hex')}`
  await commands.createDatabase(name, options.migrated === false ? {} : { template })
  const database: TestDatabase = {
    name,
    url: commands.url(name),
    logins: loginsOf(commands.url(name), users),
    async drop() {
      // A closed connection is gone from the server a moment later.
      const closed = await waitUntil(() => commands.asSuperuser((client) => isUnused(client, name)), 1_000).then(
        () => true,
        () => false,
      )
      await commands.dropDatabase(name)
      if (!closed) throw new Error(`connections to ${name} were still open when the test ended`)
    },
  }
  if (TestRunner.getCurrentTest() !== undefined)
    onTestFinished(async ({ task }) => {
      if (task.result?.state === 'fail') keep(database)
      else await database.drop()
    })
  return database
}

/** At the top of a test file: one database for its tests, `url` usable from `beforeAll` on, dropped after the last. */
export function testDatabase(options: { migrated?: boolean } = {}): Pick<Readonly<TestDatabase>, 'name' | 'url' | 'logins'> {
  let database: TestDatabase | undefined
  let failed = false
  beforeAll(async () => {
    database = await createTestDatabase(options)
  })
  afterEach(({ task }) => {
    failed ||= task.result?.state === 'fail'
  })
  afterAll(async () => {
    if (database === undefined) return
    if (failed) keep(database)
    else await database.drop()
  })
  const created = (): TestDatabase => {
    if (database === undefined) throw new Error('the database exists from beforeAll on')
    return database
  }
  return {
    get name() {
      return created().name
    },
    get url() {
      return created().url
    },
    get logins() {
      return created().logins
    },
  }
}

async function isUnused(client: pg.Client, name: string): Promise<boolean> {
  // Only clients: the server's own workers visit databases as they like.
  const { rowCount } = await client.query(`SELECT 1 FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'`, [name])
  return rowCount === 0
}

function keep(database: TestDatabase): void {
  console.error(`kept the database of a failed test: ${database.name} (it outlives the run on a server of HEFU_TEST_DATABASE_URL)`)
}

async function askTestServer(): Promise<Omit<TestServer, 'stop'>> {
  const response = await fetch(inject('testServerUrl'))
  if (!response.ok) throw new Error(`the test run's PostgreSQL did not start: ${await response.text()}`)
  return (await response.json()) as Omit<TestServer, 'stop'>
}

function slug(testPath: string | undefined): string {
  return basename(testPath ?? 'unknown', '.test.ts')
    .replace(/[^a-z0-9]+/g, '_')
    .slice(0, 40)
}
