import { type BackendFactory, createPostgresBackend, DEFAULT_SCHEMA, type PgPool, runMigrations } from 'bullmq'
import pg from 'pg'
import type { BackendUse, QueueBackend } from './backend.ts'

/** Connections for short queries; a worker's LISTEN takes one more each, and idle ones are given back. */
const QUERY_CONNECTIONS = { producer: 2, worker: 4 }
const CONNECT_MS = { producer: 800, worker: 5_000 }
const LOOK_AT_LEAST_EVERY_S = 5

/** BullMQ in the schema `bullmq` of the given database: one pool for all queues, or all workers, of the process. */
export async function openPostgresBackend(url: string, use: BackendUse): Promise<QueueBackend> {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: `hefu-queue-${use.side}`,
    max: QUERY_CONNECTIONS[use.side] + (use.side === 'worker' ? use.queues : 0),
    connectionTimeoutMillis: CONNECT_MS[use.side],
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // Not through the startup option: the address may carry options of its own. No wait for the disk at each step of a job:
    // what a crash of PostgreSQL takes from the queue, the sweeps put back.
    onConnect: async (client) => {
      await client.query(`SET search_path TO ${DEFAULT_SCHEMA}; SET synchronous_commit TO off`)
    },
  })
  pool.setMaxListeners(use.queues + 10)
  pool.on('error', use.onError)
  // A connection can break while it is checked out; the query that is waiting reports it, the event must not end the process.
  pool.on('connect', (client) => client.on('error', use.onError))
  try {
    await migrate(pool)
  } catch (cause) {
    await pool.end()
    throw cause
  }
  const factory: BackendFactory = (name, options, extra) => {
    const backend = createPostgresBackend(name, { ...options, connection: pool as unknown as PgPool }, extra)
    // After a lost connection BullMQ would wait up to an hour for a notification that may have been sent meanwhile.
    Object.defineProperty(backend, 'maximumBlockTimeout', { value: LOOK_AT_LEAST_EVERY_S })
    return backend
  }
  return { factory, close: () => pool.end() }
}

async function migrate(pool: pg.Pool): Promise<void> {
  const client = await pool.connect()
  try {
    await runMigrations(client)
  } finally {
    client.release(true)
  }
}
