import type { Context } from '../context.ts'
import { uuidv7 } from '../uuid.ts'
import { logFact } from './pending-log-store.ts'

/** A process of this node began to work; returns the name under which `logNodeStopped` says that it ended. */
export async function logNodeStarted(ctx: Pick<Context, 'db' | 'now' | 'federation'>, roles: readonly string[]): Promise<string> {
  const process = uuidv7(ctx.now())
  await logFact(ctx, { kind: 'node.started', process, federation: ctx.federation.version, roles: [...roles] })
  return process
}

/** A start without a stop was a crash. */
export async function logNodeStopped(ctx: Pick<Context, 'db' | 'now'>, process: string): Promise<void> {
  await logFact(ctx, { kind: 'node.stopped', process })
}
