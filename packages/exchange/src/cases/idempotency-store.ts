import { sql } from 'kysely'
import type { Caller, Context } from '../context.ts'
import { insertRows, type Statement, type Tx } from '../db/bulk.ts'
import type { IdempotencyRow } from '../db/schema.ts'
import { HefuError } from '../errors.ts'

/**
 * Takes the key for this transaction. The lock ends with the transaction, so a crash leaves no marker behind; what was
 * finished under the key before is answered. Throws idempotency-key-busy, idempotency-key-reused.
 */
export async function takeIdempotencyKey(
  tx: Tx,
  ctx: Pick<Context, 'vault'>,
  caller: Caller,
  key: string,
  fingerprint: string,
): Promise<IdempotencyRow | undefined> {
  // The row is read behind the lock, in a later statement's snapshot: what the last holder committed is seen.
  const { rows } = await sql<{
    taken: boolean
  }>`select pg_try_advisory_xact_lock(hashtextextended(${`${caller.client} ${key}`}, 0)) as taken`.execute(tx)
  if (!rows[0]?.taken) throw new HefuError('idempotency-key-busy')
  const stored = await tx
    .selectFrom('idempotency')
    .selectAll()
    .where('client', '=', caller.client)
    .where('key', '=', key)
    .executeTakeFirst()
  if (stored && stored.fingerprint !== keyed(ctx, fingerprint)) throw new HefuError('idempotency-key-reused')
  return stored
}

/** A body has few unknowns for whoever knows the rest of it: its bare digest would let him try them out. */
const keyed = ({ vault }: Pick<Context, 'vault'>, fingerprint: string) => vault.lookupKey('fingerprint', fingerprint)

interface FinishedRequest {
  readonly key: string
  readonly fingerprint: string
  readonly caseNumber?: string
  readonly jti?: string
  readonly result?: unknown
}

export async function finishIdempotencyKey(
  tx: Tx,
  ctx: Pick<Context, 'vault' | 'now'>,
  caller: Caller,
  record: FinishedRequest,
): Promise<void> {
  await idempotencyStatement(ctx, caller, record).execute(tx)
}

export function idempotencyStatement(ctx: Pick<Context, 'vault' | 'now'>, caller: Caller, record: FinishedRequest): Statement {
  return insertRows('idempotency', [
    {
      client: caller.client,
      key: record.key,
      fingerprint: keyed(ctx, record.fingerprint),
      case_number: record.caseNumber ?? null,
      jti: record.jti ?? null,
      result: record.result ?? null,
      created_at: new Date(ctx.now()),
    },
  ])
}
