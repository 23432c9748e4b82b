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
): Promise<FinishedRow | undefined> {
  const { rows } = await sql<{ taken: boolean; fingerprint: string | null } & Omit<FinishedRow, 'fingerprint'>>`select * from
    take_idempotency_key(${caller.client}, ${keyed(ctx, key)})`.execute(tx)
  const [row] = rows
  if (!row?.taken) throw new HefuError('idempotency-key-busy')
  const { taken: _, fingerprint: finished, ...before } = row
  if (finished === null) return undefined
  if (finished !== keyed(ctx, fingerprint)) throw new HefuError('idempotency-key-reused')
  return { fingerprint: finished, ...before }
}

type FinishedRow = Pick<IdempotencyRow, 'fingerprint' | 'case_number' | 'jti' | 'result'>

/**
 * A body has few unknowns for whoever knows the rest of it: its bare digest would let him try them out. And a key is whatever a client's
 * programmer made of it, perhaps an identity number with a date.
 */
const keyed = ({ vault }: Pick<Context, 'vault'>, text: string) => vault.lookupKey('idempotency', text)

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
      key: keyed(ctx, record.key),
      fingerprint: keyed(ctx, record.fingerprint),
      case_number: record.caseNumber ?? null,
      jti: record.jti ?? null,
      result: record.result ?? null,
      created_at: new Date(ctx.now()),
    },
  ])
}
