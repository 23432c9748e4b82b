import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

/** A lock that a test holds in a node's database, so that the node waits exactly where it wants the same. */
export type HeldLock = AsyncDisposable & {
  /** Resolves when somebody waits for it; throws when nobody comes within `withinMs`. */
  blocks(withinMs?: number): Promise<void>
  /** Ends the sessions that wait, as the server does once it notices that their process has died; then lets the lock go. */
  bury(): Promise<void>
  /** Does this while the others wait. */
  meanwhile(statement: string): Promise<void>
  /** Lets the lock go: who waits goes on. */
  release(): Promise<void>
}

/** Who wants to write this table waits; readers pass, and so does everything on other tables. */
export async function holdWrites(databaseUrl: string, table: string): Promise<HeldLock> {
  return await holdLock(databaseUrl, `lock table ${table} in share mode`)
}

/** Who wants to read or write this table waits. */
export async function holdTable(databaseUrl: string, table: string): Promise<HeldLock> {
  return await holdLock(databaseUrl, `lock table ${table} in access exclusive mode`)
}

/** Who wants to lock the case waits. */
export async function holdCase(databaseUrl: string, caseNumber: string): Promise<HeldLock> {
  return await holdLock(databaseUrl, `select from cases where case_number = '${caseNumber.replaceAll("'", "''")}' for update`)
}

async function holdLock(databaseUrl: string, statement: string): Promise<HeldLock> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  await client.query('begin')
  await client.query(statement)
  let held = true
  // pg_locks, not pg_stat_activity: within one transaction the latter shows one moment for ever.
  const waiting = async () => {
    const { rows } = await client.query<{ pid: number }>(
      'select distinct pid from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))',
    )
    return rows.map(({ pid }) => pid)
  }
  const release = async () => {
    if (!held) return
    held = false
    await client.query('commit')
    await client.end()
  }
  return {
    async blocks(withinMs = 15_000) {
      for (const until = performance.now() + withinMs; (await waiting()).length === 0; await sleep(5)) {
        if (performance.now() > until) throw new Error(`nobody waited for "${statement}" within ${withinMs} ms`)
      }
    },
    async bury() {
      // Those who come after them are others: a node that lives connects again.
      const dead = await waiting()
      for (const pid of dead) await client.query('select pg_terminate_backend($1)', [pid])
      while ((await waiting()).some((pid) => dead.includes(pid))) await sleep(5)
      await release()
    },
    async meanwhile(work) {
      await client.query(work)
    },
    release,
    [Symbol.asyncDispose]: release,
  }
}
