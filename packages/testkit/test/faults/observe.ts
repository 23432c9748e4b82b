import pg from 'pg'

const pools = new Map<string, pg.Pool>()

/** What the database of a node says, seen from outside the node. Connections close soon after: a database is dropped with its test. */
export async function query<R extends pg.QueryResultRow>(databaseUrl: string, text: string, values: readonly unknown[] = []): Promise<R[]> {
  let pool = pools.get(databaseUrl)
  if (!pool) {
    pool = new pg.Pool({ connectionString: databaseUrl, max: 4, idleTimeoutMillis: 100, allowExitOnIdle: true })
    // The server may end before an idle connection does; a query that waits reports its own error.
    pool.on('error', () => {})
    pools.set(databaseUrl, pool)
  }
  return (await pool.query<R>(text, [...values])).rows
}

/** The first column of the first row, as a number. */
export async function count(databaseUrl: string, text: string, values: readonly unknown[] = []): Promise<number> {
  const [row] = await query<Record<string, unknown>>(databaseUrl, text, values)
  return Number(Object.values(row ?? {})[0])
}

/** Rows of every table of the node's own schema, by name. */
export async function rowCounts(databaseUrl: string): Promise<Record<string, number>> {
  // The exchange log goes on by itself: checkpoints, heartbeats, reads, one entry a minute of what strangers send.
  const tables = (await tableNames(databaseUrl)).filter((name) => !name.startsWith('log_'))
  const parts = tables.map((table) => `select '${table}' as name, count(*)::int as rows from ${pg.escapeIdentifier(table)}`)
  const rows = await query<{ name: string; rows: number }>(databaseUrl, parts.join(' union all '))
  return Object.fromEntries(rows.map(({ name, rows: n }) => [name, n]))
}

export async function tableNames(databaseUrl: string): Promise<string[]> {
  const rows = await query<{ name: string }>(
    databaseUrl,
    `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition order by 1`,
  )
  return rows.map(({ name }) => name)
}

/**
 * What one case has left on a node. Every figure is a count of rows, so that what is lost is too few and what is doubled
 * too many; `log` counts the entries of the exchange log, by kind, those that wait for their place included.
 */
export async function traces(databaseUrl: string, caseNumber: string) {
  const of = async (table: string, extra = '') =>
    await count(databaseUrl, `select count(*) from ${table} where case_number = $1 ${extra}`, [caseNumber])
  const log = await query<{ kind: string; entries: number }>(
    databaseUrl,
    `select kind, count(*)::int as entries from (select kind, entry from log_pending union all select kind, entry from log_entries) e
     where entry::json->>'case' = $1 group by kind order by kind`,
    [caseNumber],
  )
  return {
    documents: await of('documents'),
    delivered: await of('outbox', "and state = 'delivered'"),
    undelivered: await of('outbox', "and state <> 'delivered'"),
    arrived: await of('inbox'),
    unapplied: await of('inbox', 'and applied_at is null'),
    receipts: await count(
      databaseUrl,
      'select count(distinct p.receipt) from places p join documents d on d.jti = p.jti and d.iss = p.iss where d.case_number = $1',
      [caseNumber],
    ),
    tasks: await of('tasks'),
    effects: await of('effects'),
    settlementEntries: await of('settlement_entries'),
    doubledEvents: await count(databaseUrl, 'select count(*) - count(distinct (type, digest)) from events where case_number = $1', [
      caseNumber,
    ]),
    log: Object.fromEntries(log.map(({ kind, entries }) => [kind, entries])),
  }
}
