import type { Context } from '../context.ts'
import { HefuError } from '../errors.ts'
import { isLate, type LogState } from './log-state.ts'

type LogContext = Pick<Context, 'logState'>

/**
 * No log, no action (protocol.md section 4): for submits, and for reads of what is about persons. Throws HefuError `log-sealed`,
 * `log-unavailable`. While the log waits for its confirmation at the start, both go on.
 */
export async function requireLog(ctx: LogContext): Promise<void> {
  await orRefuse(ctx, (state) => {
    if (state.sealed) throw new HefuError('log-sealed')
    refuseLate(state)
  })
}

/** For the inbox: a receipt is a promise about this log, so it must be known to be the whole one. */
export async function requireConfirmedLog(ctx: LogContext): Promise<void> {
  await orRefuse(ctx, (state) => {
    if (state.sealed) throw new HefuError('log-sealed')
    if (!state.confirmed) throw new HefuError('log-unavailable', { detail: unconfirmed })
    refuseLate(state)
  })
}

/** For comparing halves, which goes on under a seal: that is how what was lost comes back. */
export async function requireLogOrSeal(ctx: LogContext): Promise<void> {
  await orRefuse(ctx, (state) => {
    if (!state.sealed) refuseLate(state)
  })
}

/** Whether this node may write documents now, for what happens without a request. */
export async function mayAct(ctx: LogContext): Promise<boolean> {
  return await requireLog(ctx).then(
    () => true,
    (error: unknown) => {
      if (error instanceof HefuError) return false
      throw error
    },
  )
}

function refuseLate(state: LogState): void {
  if (isLate(state)) throw new HefuError('log-unavailable')
}

/** A refusal is never decided on what was true a second ago. */
async function orRefuse(ctx: LogContext, judge: (state: LogState) => void): Promise<void> {
  const state = await ctx.logState.read()
  try {
    judge(state)
  } catch {
    judge(await ctx.logState.readNow())
  }
}

const unconfirmed = {
  zh: '交换日志尚未得到见证方确认，暂不接收报文；确认后自动恢复。',
  en: 'The witnesses have not yet confirmed the exchange log, so no message is accepted; it goes on by itself once they have.',
}
