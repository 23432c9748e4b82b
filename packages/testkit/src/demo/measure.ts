import { setTimeout as sleep } from 'node:timers/promises'
import type { Bilingual } from '@hefu/reference'
import pg from 'pg'
import type { FederationNode } from '../sandbox/federation-node.ts'

export interface Messages {
  readonly sent: number
  readonly receipted: number
  readonly applied: number
}

export interface Latency {
  readonly p50: number
  readonly p99: number
}

export interface Meter {
  /** Resolves with null when nothing is on its way any more, twice in a row; else with what still was after `withinMs`. */
  settle(withinMs: number, signal: AbortSignal): Promise<Bilingual | null>
  messages(): Promise<Messages>
  /**
   * Over documents by id, the `jti` of their messages.
   * From the instant at which the accepting node wrote the document (a little before its 201) to the instant at which the
   * other node had applied it; milliseconds, both from the nodes' databases, which share this machine's clock.
   */
  latency(ids: readonly string[]): Promise<Latency>
  close(): Promise<void>
}

/** Looks into the nodes' databases, only reading: no API tells the instant at which the other side applied a document. */
export async function openMeter(federation: { readonly nodes: readonly Pick<FederationNode, 'region' | 'databaseUrl'>[] }): Promise<Meter> {
  const pools = new Map(
    federation.nodes.map(({ region, databaseUrl }) => [region as string, new pg.Pool({ connectionString: databaseUrl, max: 1 })]),
  )
  // An idle connection that breaks, because PostgreSQL was stopped, is not news.
  for (const pool of pools.values()) pool.on('error', () => {})
  const each = async <Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []) =>
    await Promise.all([...pools].map(async ([region, pool]) => ({ region, rows: (await pool.query<Row>(sql, values)).rows })))
  return {
    async settle(withinMs, signal) {
      const end = performance.now() + withinMs
      for (let quiet = 0; ; ) {
        signal.throwIfAborted()
        const open = (await each<OpenWork>(openWork)).flatMap(({ region, rows }) =>
          rows.filter(({ pending, unapplied }) => pending + unapplied > 0).map((row) => leftOf(region, row)),
        )
        quiet = open.length === 0 ? quiet + 1 : 0
        if (quiet === 2) return null
        if (performance.now() > end) return { zh: open.map(({ zh }) => zh).join('；'), en: open.map(({ en }) => en).join('; ') }
        await sleep(30)
      }
    },
    async messages() {
      const counts = (await each<{ sent: number; receipted: number; applied: number }>(messageCounts)).flatMap(({ rows }) => rows)
      const sum = (member: keyof Messages) => counts.reduce((total, count) => total + count[member], 0)
      return { sent: sum('sent'), receipted: sum('receipted'), applied: sum('applied') }
    },
    async latency(ids) {
      const stored = (
        await each<{ jti: string; at: Date }>('select jti, created_at as at from outbox where jti = any($1::uuid[])', [ids])
      ).flatMap(({ rows }) => rows)
      const applied = (
        await each<{ jti: string; at: Date | null }>('select jti, applied_at as at from inbox where first and jti = any($1::uuid[])', [ids])
      ).flatMap(({ rows }) => rows)
      const appliedAt = new Map(applied.map(({ jti, at }) => [jti, at]))
      const times = stored.flatMap(({ jti, at }) => {
        const then = appliedAt.get(jti)
        return then == null ? [] : [then.getTime() - at.getTime()]
      })
      return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) }
    },
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.end()))
    },
  }
}

interface OpenWork {
  readonly pending: number
  readonly unapplied: number
}

function leftOf(region: string, { pending, unapplied }: OpenWork): Bilingual {
  return {
    zh: `${region}：待送达 ${pending}，待办理 ${unapplied}`,
    en: `${region}: ${pending} pending, ${unapplied} not applied`,
  }
}

const openWork = `select (select count(*)::int from outbox where state = 'pending') as pending,
  (select count(*)::int from inbox where applied_at is null) as unapplied`

/** Receipted: the sender holds the peer's receipt for exactly these bytes. */
const messageCounts = `select (select count(*)::int from outbox) as sent,
  (select count(*)::int from outbox join places using (jti, digest) where outbox.state in ('delivered', 'refused')) as receipted,
  (select count(*)::int from inbox where applied_at is not null and status = 'accepted') as applied`

/** Nearest rank; 0 when there is nothing to measure. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
}
