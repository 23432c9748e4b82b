import { type Kysely, sql } from 'kysely'
import type { Database } from './schema.ts'

/** The logins beside the migration's own; a URL of the same user is given nothing. */
export interface Logins {
  readonly application: string
  readonly sequencer: string
}

const logTables = [
  'log_pending',
  'log_entries',
  'log_heads',
  'log_tiles',
  'log_checkpoints',
  'log_witnesses',
  'log_seals',
  'log_successors',
] as const

/** What was believed once stays written: nobody rolls it back, and nobody takes a key's history away. */
const trustTables = ['registries', 'manifests'] as const

/** On the tables of the log (protocol.md section 4): the application has no right on entries, the sequencer may only add some; nobody lifts a seal. */
const rights = {
  application: [
    ['select', logTables],
    ['insert', ['log_pending', 'log_successors']],
    ['select', trustTables],
    ['insert', trustTables],
  ],
  sequencer: [
    ['select', logTables],
    ['delete', ['log_pending', 'log_checkpoints']],
    ['insert', ['log_pending', 'log_entries', 'log_heads', 'log_tiles', 'log_checkpoints', 'log_witnesses', 'log_seals']],
    ['update', ['log_heads', 'log_tiles', 'log_checkpoints', 'log_witnesses']],
  ],
} as const satisfies Record<keyof Logins, readonly (readonly [right: string, tables: readonly string[]])[]>

/** Makes the rights of the logins what they should be, whatever they were. Needs the owner's login. Safe to run from several processes at once. */
export async function grantLogins(db: Kysely<Database>, logins: Logins): Promise<void> {
  const owner = await currentUser(db)
  const users = { application: userOf(logins.application), sequencer: userOf(logins.sequencer) }
  const others = new Set(Object.values(users).filter((user) => user !== owner))
  if (others.size === 0) return
  await db.transaction().execute(async (tx) => {
    // Two at once would meet on the rows of the catalogue and one would fail.
    await sql`select pg_advisory_xact_lock(hashtext('hefu.partitions'))`.execute(tx)
    const run = async (statement: string) => await sql.raw(statement).execute(tx)
    for (const user of others) await run(`revoke all on all tables in schema public from ${quoted(user)}`)
    if (others.has(users.application)) for (const statement of applicationStatements(users.application)) await run(statement)
    for (const [login, user] of Object.entries(users) as [keyof Logins, string][]) {
      if (!others.has(user)) continue
      for (const [right, tables] of rights[login]) await run(`grant ${right} on ${tables.join(', ')} to ${quoted(user)}`)
    }
  })
}

/** All other tables, and a schema of its own in the database, where the queue lives by default. */
function applicationStatements(user: string): string[] {
  return [
    `grant select, insert, update, delete on all tables in schema public to ${quoted(user)}`,
    `revoke all on ${[...logTables, ...trustTables].join(', ')} from ${quoted(user)}`,
    `revoke all on kysely_migration, kysely_migration_lock from ${quoted(user)}`,
    `do $$ begin execute format('grant create on database %I to %I', current_database(), ${literal(user)}); end $$`,
  ]
}

async function currentUser(db: Kysely<Database>): Promise<string> {
  const { rows } = await sql<{ user: string }>`select current_user as user`.execute(db)
  return rows[0]?.user ?? ''
}

function userOf(url: string): string {
  return decodeURIComponent(new URL(url).username)
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
