import pg from 'pg'

/** The one right to move the log of this database. It ends with its connection. */
export interface SequencerLock {
  held(): boolean
  /** Says to all processes of the node that the log is confirmed, for as long as the lock is held. */
  confirm(): Promise<void>
  release(): Promise<void>
}

/**
 * What the sequencer's sessions ask of the server: to notice within seconds that this process has died or is cut off, even while a
 * statement waits, so that a standby can take over within five.
 */
export const SEQUENCER_SESSION =
  "set tcp_keepalives_idle = 1; set tcp_keepalives_interval = 1; set tcp_keepalives_count = 2; set client_connection_check_interval = '1s'; set idle_in_transaction_session_timeout = '4s'"

/** On a connection of its own. Null: another process has it. */
export async function takeSequencerLock(url: string): Promise<SequencerLock | null> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'hefu-sequencer-lock',
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 1_000,
  })
  let held = false
  const lost = () => {
    held = false
  }
  client.on('error', lost).on('end', lost)
  try {
    await client.connect()
    await client.query(SEQUENCER_SESSION)
    const { rows } = await client.query<{ taken: boolean }>("select pg_try_advisory_lock(hashtext('hefu.sequencer')) as taken")
    held = rows[0]?.taken === true
  } catch (error) {
    await client.end().catch(() => {})
    throw error
  }
  const release = async () => await client.end().catch(() => {})
  const confirm = async () => void (await client.query("select pg_advisory_lock(hashtext('hefu.sequencer'), hashtext('confirmed'))"))
  if (held) return { held: () => held, confirm, release }
  await release()
  return null
}
