import type { Kysely } from 'kysely'
import { raiseAlert } from '../../alerts/alert-store.ts'
import type { Context } from '../../context.ts'
import type { Database } from '../../db/schema.ts'
import type { Contradiction, Witness } from './ask-witness.ts'
import { insertSeal } from './witness-store.ts'

/**
 * Ends this log: a witness has cosigned a history that is not the one in this database. The seal is stored before anything else and
 * nothing takes it away, a restart neither; an operator opens a successor (open-successor.ts). `db`: the sequencer's login.
 */
export async function sealLog(
  ctx: Pick<Context, 'db' | 'now' | 'log' | 'metrics' | 'exchangeLog'>,
  db: Kysely<Database>,
  epoch: number,
  { key, region }: Witness,
  { why, evidence }: Contradiction,
): Promise<void> {
  const at = new Date(ctx.now())
  await insertSeal(db, { epoch, at, witness: key.name, why, evidence })
  const { origin } = ctx.exchangeLog
  await raiseAlert(ctx.db, ctx, {
    kind: 'log.sealed',
    key: `${origin}:${epoch}`,
    peer: region,
    detail: { origin, witness: key.name, why, evidence },
  })
  ctx.log.fatal(
    { event: 'log.sealed', origin, epoch, witness: key.name, why, help: 'docs/operating.md, "The log is sealed"' },
    'log.sealed',
  )
}
