import { randomBytes } from 'node:crypto'
import { databaseCommands } from './database-commands.ts'
import { type LoginUsers, loginsOf, newLogins } from './logins.ts'
import { startPostgres } from './start-postgres.ts'

export type TestServer = {
  superuserUrl: string
  template: string
  /** Users of this run, which own nothing: a node's other two logins. */
  users: LoginUsers
  stop(): Promise<void>
}

/**
 * The PostgreSQL of a test run, with a migrated template to clone test databases from. HEFU_TEST_DATABASE_URL names a
 * running server's superuser login instead: there the databases of failed tests can still be looked at afterwards.
 *
 * Our own server does not sync to disk: killed nodes lose nothing by that, only a killed PostgreSQL would. A test that
 * kills PostgreSQL starts its own.
 */
export async function testServer(): Promise<TestServer> {
  const given = process.env.HEFU_TEST_DATABASE_URL
  const own = given === undefined || given === '' ? await startPostgres({ durable: false }) : undefined
  const superuserUrl = own?.superuserUrl ?? String(given)
  const commands = databaseCommands(superuserUrl)
  // Users are the whole server's, and several runs may share one.
  const run = randomBytes(4).toString('hex')
  const template = `hefu_template_${run}`
  const users = newLogins(`hefu_test_${run}`)
  const stop = async () => {
    await commands.dropDatabase(template).catch(() => {})
    // Fails while the database of a failed test is kept.
    await commands.dropLogins(users).catch(() => {})
    await own?.stop()
  }
  try {
    await commands.createLogins(users)
    await commands.createDatabase(template)
    const { migrate, openQueue } = await import('@hefu/exchange')
    const { createLogger } = await import('@hefu/node')
    const { databaseUrl, sequencerDatabaseUrl } = loginsOf(commands.url(template), users)
    // With the rights and the queue's own schema that every node would make by itself: then it finds them and starts sooner.
    await migrate(commands.url(template), { logins: { application: databaseUrl, sequencer: sequencerDatabaseUrl } })
    const queue = await openQueue({ url: databaseUrl, prefix: 'template', log: createLogger('template', 'silent') })
    await queue.close()
    // Nobody may connect: a connected template cannot be cloned.
    await commands.asSuperuser((client) => client.query(`ALTER DATABASE ${client.escapeIdentifier(template)} WITH ALLOW_CONNECTIONS false`))
    return { superuserUrl, template, users, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
