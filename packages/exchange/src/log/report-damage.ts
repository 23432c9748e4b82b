import { raiseAlert } from '../alerts/alert-store.ts'
import type { Context } from '../context.ts'
import { HefuError } from '../errors.ts'

export type DamageContext = Pick<Context, 'db' | 'now' | 'log' | 'metrics'>

/**
 * The tables do not lead from an entry, or from an earlier size, to what the log has signed: its database was damaged, by a disk or by
 * somebody. Whoever asked gets this error instead of a proof that would accuse the log of another history. Rings once an hour; readiness
 * says so until somebody acknowledges it.
 */
export async function reportDamage(ctx: DamageContext, epoch: number, cause: Error): Promise<HefuError> {
  const hour = new Date(ctx.now()).toISOString().slice(0, 13)
  await raiseAlert(ctx.db, ctx, { kind: 'log.damaged', key: `${epoch}:${hour}`, detail: { cause: cause.message } })
  return new HefuError('unavailable', { cause, detail })
}

const detail = {
  zh: '交换日志的数据表与已签署的检查点不符，无法出具证明；请通知运维人员（警报 log.damaged）。',
  en: 'The tables of the exchange log do not fit its signed checkpoint, so nothing can be proven: tell the operators (alert log.damaged).',
}
