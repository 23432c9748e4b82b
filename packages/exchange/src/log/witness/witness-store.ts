import type { WitnessedHead } from '@hefu/translog'
import { type RawBuilder, sql } from 'kysely'
import type { Reader } from '../../db/bulk.ts'
import type { LogSealRow, LogWitnessRow } from '../../db/schema.ts'

/** What this node cosigned last for a log of another region. */
export interface RecordedHead extends WitnessedHead {
  /** With the log's own signature: evidence, when the log shows another history later. */
  readonly checkpoint: string
}

export async function readWitnessedHead(db: Reader, origin: string): Promise<RecordedHead | undefined> {
  const row = await db.selectFrom('witnessed_heads').selectAll().where('origin', '=', origin).executeTakeFirst()
  return row && { size: Number(row.size), root: row.root, checkpoint: row.checkpoint }
}

/**
 * Compare-and-set: false when `expected` is not what is recorded any more. Two requests for one origin can never both replace the same
 * head, on whichever process of the node.
 */
export async function replaceWitnessedHead(
  db: Reader,
  origin: string,
  expected: WitnessedHead | undefined,
  { size, root, checkpoint }: RecordedHead,
  at: Date,
): Promise<boolean> {
  const values = { size: String(size), root: Buffer.from(root), checkpoint, at }
  if (expected === undefined) {
    const inserted = await db
      .insertInto('witnessed_heads')
      .values({ origin, ...values })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst()
    return inserted.numInsertedOrUpdatedRows === 1n
  }
  const updated = await db
    .updateTable('witnessed_heads')
    .set(values)
    .where('origin', '=', origin)
    .where('size', '=', String(expected.size))
    .where('root', '=', Buffer.from(expected.root))
    .executeTakeFirst()
  return updated.numUpdatedRows === 1n
}

/** What the witnesses of this log have cosigned, by name. */
export async function readWitnesses(db: Reader, epoch: number): Promise<Map<string, LogWitnessRow>> {
  const rows = await db.selectFrom('log_witnesses').selectAll().where('epoch', '=', epoch).execute()
  return new Map(rows.map((row) => [row.witness, row]))
}

export interface Cosigned {
  readonly epoch: number
  readonly witness: string
  readonly size: number
  /** Signed by the log and cosigned by this witness. */
  readonly note: string
  readonly at: Date
}

/** The sequencer's login. A late answer about a smaller tree changes nothing but the time. */
export async function storeCosigned(db: Reader, { epoch, witness, size, note, at }: Cosigned): Promise<void> {
  await sql`insert into log_witnesses as old (epoch, witness, size, note, cosigned_at, answered_at)
    values (${epoch}, ${witness}, ${size}, ${note}, ${at}, ${at})
    on conflict (epoch, witness) do update set answered_at = excluded.answered_at,
      size = ${newer(sql`excluded.size`, sql`old.size`)}, note = ${newer(sql`excluded.note`, sql`old.note`)},
      cosigned_at = ${newer(sql`excluded.cosigned_at`, sql`old.cosigned_at`)}`.execute(db)
}

function newer(now: RawBuilder<unknown>, before: RawBuilder<unknown>) {
  return sql`case when old.size is null or excluded.size >= old.size then ${now} else ${before} end`
}

/** The witness answered, but did not cosign. */
export async function storeAnswered(db: Reader, epoch: number, witness: string, at: Date): Promise<void> {
  await sql`insert into log_witnesses (epoch, witness, answered_at) values (${epoch}, ${witness}, ${at})
    on conflict (epoch, witness) do update set answered_at = excluded.answered_at`.execute(db)
}

/** The checkpoint with the cosignatures of a quorum; said again with more of them. */
export async function storeWitnessed(db: Reader, epoch: number, size: number, witnessed: string, at: Date): Promise<void> {
  await sql`update log_checkpoints set witnessed = ${witnessed}, witnessed_at = coalesce(witnessed_at, ${at})
    where epoch = ${epoch} and size = ${size}`.execute(db)
}

export interface WitnessedCheckpoint {
  readonly epoch: number
  readonly size: number
  readonly at: Date
  /** With the cosignatures of a quorum. */
  readonly note: string
}

/** The largest tree of that log that a quorum has cosigned. */
export async function readNewestWitnessed(db: Reader, epoch: number): Promise<WitnessedCheckpoint | undefined> {
  const row = await db
    .selectFrom('log_checkpoints')
    .select(['size', 'at', 'witnessed'])
    .where('epoch', '=', epoch)
    .where('witnessed', 'is not', null)
    .orderBy('size', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row && { epoch, size: Number(row.size), at: row.at, note: row.witnessed ?? '' }
}

/** The smallest tree with that entry that a quorum has cosigned, of those that are kept: it says since when the entry is known. */
export async function readFirstWitnessed(db: Reader, epoch: number, index: number): Promise<WitnessedCheckpoint | undefined> {
  const row = await db
    .selectFrom('log_checkpoints')
    .select(['size', 'at', 'witnessed'])
    .where('epoch', '=', epoch)
    .where('size', '>', String(index))
    .where('witnessed', 'is not', null)
    .orderBy('size')
    .limit(1)
    .executeTakeFirst()
  return row && { epoch, size: Number(row.size), at: row.at, note: row.witnessed ?? '' }
}

/** The sequencer's login. False when it was sealed before. */
export async function insertSeal(db: Reader, { epoch, at, witness, why, evidence }: LogSealRow): Promise<boolean> {
  const inserted = await db
    .insertInto('log_seals')
    .values({ epoch, at, witness, why, evidence: JSON.stringify(evidence) })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return inserted.numInsertedOrUpdatedRows === 1n
}

export async function readSeal(db: Reader, epoch: number): Promise<LogSealRow | undefined> {
  return await db.selectFrom('log_seals').selectAll().where('epoch', '=', epoch).executeTakeFirst()
}
