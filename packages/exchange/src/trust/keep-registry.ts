import { hash } from 'node:crypto'
import { judgeRegistry, type PublicJwk, parseStoredRegistry, type Registry, verifyRegistry } from '@hefu/protocol'
import { raiseAlert } from '../alerts/alert-store.ts'
import type { Context } from '../context.ts'
import { appendToLog } from '../log/pending-log-store.ts'
import { insertRegistry, lockTrust, readNewestRegistry } from './trust-store.ts'

export type KeepContext = Pick<Context, 'db' | 'now' | 'log' | 'metrics'>

/**
 * Verifies a registry that was found and keeps it when it may follow on the newest one held; whatever else it is, an operator is alerted
 * and nothing changes. Answers why it was refused, or undefined.
 */
export async function keepRegistry(ctx: KeepContext, text: Uint8Array, pins: readonly PublicJwk[]): Promise<string | undefined> {
  const verified = verifyRegistry(text, pins)
  if (!verified.ok) return await refuse(ctx, verified.why, hash('sha256', text, 'base64url'))
  const { registry } = verified
  const judged = await ctx.db.transaction().execute(async (tx) => {
    await lockTrust(tx)
    const held = await readNewestRegistry(tx)
    const verdict = judgeRegistry(held === undefined ? undefined : parseStoredRegistry(held), registry, Math.floor(ctx.now() / 1000))
    if (verdict === 'newer') {
      const { version } = registry.claims
      await insertRegistry(tx, { version, digest: registry.digest, token: registry.token, at: new Date(ctx.now()) })
      await appendToLog(tx, ctx.now(), [{ kind: 'registry', version, digest: registry.digest }])
    }
    return verdict
  })
  if (judged === 'newer')
    ctx.log.info({ event: 'registry.kept', version: registry.claims.version, digest: registry.digest }, 'registry.kept')
  return typeof judged === 'string' ? undefined : await refuse(ctx, judged.refused, registry.digest, registry)
}

async function refuse(ctx: KeepContext, why: string, digest: string, registry?: Registry): Promise<string> {
  ctx.log.warn({ event: 'registry.refused', why, digest, version: registry?.claims.version }, 'registry.refused')
  await raiseAlert(ctx.db, ctx, { kind: 'registry.refused', key: `${why}:${digest}`, detail: { why, digest } })
  return why
}
