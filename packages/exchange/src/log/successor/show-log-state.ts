import type { Text } from '@hefu/procedures'
import type { Context } from '../../context.ts'
import { nameFirst, planSuccessor, reconcileFirst, type SuccessorPlan } from './request-successor.ts'

export interface Step extends Text {
  readonly done: boolean
}

export interface LogStateView {
  readonly origin: string | null
  readonly epoch: number | null
  readonly size: number | null
  readonly confirmed: boolean
  readonly waiting: boolean
  readonly pendingSeconds: number
  readonly witnessedSeconds: number | null
  readonly sealed: { readonly at: string; readonly witness: string; readonly why: string } | null
  /** What an operator does about the seal, in order; empty without one. */
  readonly steps: readonly Step[]
}

/** How this node's log is, for operators and auditors. */
export async function showLogState(
  ctx: Pick<Context, 'region' | 'federation' | 'exchangeLog' | 'db' | 'now' | 'logState'>,
): Promise<LogStateView> {
  const { origin, epoch, size, confirmed, waiting, pendingMs, witnessedMs } = await ctx.logState.readNow()
  const plan = await planSuccessor(ctx)
  return {
    origin,
    epoch,
    size,
    confirmed,
    waiting,
    pendingSeconds: pendingMs / 1000,
    witnessedSeconds: witnessedMs === null ? null : witnessedMs / 1000,
    sealed: plan === undefined ? null : { at: plan.seal.at.toISOString(), witness: plan.seal.witness, why: plan.seal.why },
    steps: plan === undefined ? [] : stepsOf(ctx, plan),
  }
}

function stepsOf({ federation, region }: Pick<Context, 'federation' | 'region'>, plan: SuccessorPlan): Step[] {
  const peers = federation.regions.map((peer) => peer.region).filter((peer) => peer !== region)
  return [
    {
      zh: '保留本数据库的一份副本和警报 log.sealed 的证据：它说明发生了什么（恢复了备份，或有人改写了历史）。',
      en: 'Keep a copy of this database and the evidence of the alert log.sealed: they say what happened (a backup was restored, or somebody rewrote history).',
      done: false,
    },
    { ...nameFirst(plan.origin), done: plan.named },
    { ...reconcileFirst(plan.unreconciled.length > 0 ? plan.unreconciled : peers), done: plan.unreconciled.length === 0 },
    {
      zh: '开启后继日志：POST /v1/exchange-log/successor {"reason": "…"}。',
      en: 'Open the successor: POST /v1/exchange-log/successor {"reason": "…"}.',
      done: plan.decided !== undefined,
    },
  ]
}
