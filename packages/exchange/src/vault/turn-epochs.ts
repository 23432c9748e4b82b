import type { Caller, Context } from '../context.ts'
import type { Reader } from '../db/bulk.ts'
import { logAdminChange } from '../log/log-admin-change.ts'
import { logFact } from '../log/pending-log-store.ts'
import { uuidv7 } from '../uuid.ts'
import { createEpoch, destroyEpoch, overwriteDoomed, readEpochs, rewrapEpochs } from './epoch-files.ts'
import { runRewraps } from './rewrap-keys.ts'
import { asOnlyKeeper, asOnlyWriter, countKeys, insertRewrap, isRewrapDueIn, nextRewrap } from './rewrap-store.ts'

export type EpochContext = Pick<Context, 'db' | 'vault' | 'vaultPlace' | 'backupDays' | 'now' | 'log' | 'metrics'>

const DAY_MS = 86_400_000
const EPOCH_MS = 30 * DAY_MS
/** Every process of the node looks into the folder more often than that (`refreshEpochs`), so an epoch is known everywhere when it begins. */
export const EPOCH_LEAD_MS = 120_000

/** What the folder holds now; other processes of the node make and destroy epochs too. */
export async function refreshEpochs({ vault, vaultPlace }: Pick<Context, 'vault' | 'vaultPlace'>): Promise<void> {
  const epochs = await readEpochs(vaultPlace.epochsFolder, vaultPlace.wrapper)
  const before = vault.epochs().map(({ epoch }) => epoch)
  if (epochs.length !== before.length || epochs.some(({ epoch }) => !before.includes(epoch))) vault.useEpochs(epochs)
  // Also what another process has erased is not remembered here for longer than that.
  else vault.forgetKeys()
}

/**
 * Begins a new epoch each month, wraps all living keys under it, and destroys the key of an epoch when it wraps nothing any more and the last
 * backup that it could open has been thrown away. Does nothing while another process of the node does it.
 */
export async function turnEpochs(ctx: EpochContext, isStopping?: () => boolean): Promise<void> {
  await asOnlyKeeper(ctx.db, async () => {
    await overwriteDoomed(ctx.vaultPlace.epochsFolder)
    await refreshEpochs(ctx)
    const newest = ctx.vault.epochs().at(-1)
    if (newest !== undefined && ctx.now() >= newest.from + EPOCH_MS) await beginEpoch(ctx, 'schedule')
    // Where the key-encryption key has been exchanged, this is what ends the need for the one before.
    if (await nextRewrap(ctx.db, new Date(ctx.now())))
      await asOnlyWriter(ctx.db, async () => await rewrapEpochs(ctx.vaultPlace.epochsFolder, ctx.vaultPlace.wrapper))
    await runRewraps(ctx, isStopping)
    await destroyOldEpochs(ctx)
  })
}

/**
 * Makes the key of the next epoch, and the order to wrap everything under it once it has begun. Of two who do so at once each makes its own: the
 * number is taken by what the folder holds then, and an order never comes before the epoch that it is for.
 */
async function beginEpoch(ctx: EpochContext, requestedBy: string): Promise<string> {
  const { vaultPlace, vault } = ctx
  return await asOnlyWriter(ctx.db, async (tx) => {
    await refreshEpochs(ctx)
    const newest = vault.epochs().at(-1)
    const from = Math.max(ctx.now() + EPOCH_LEAD_MS, newest?.from ?? 0)
    await createEpoch(vaultPlace.epochsFolder, vaultPlace.wrapper, (newest?.epoch ?? 0) + 1, from)
    await refreshEpochs(ctx)
    ctx.log.info({ event: 'vault.epoch-made', epoch: vault.epochs().at(-1)?.epoch }, 'vault.epoch-made')
    return await orderRewrap(tx, ctx, requestedBy, from)
  })
}

async function orderRewrap(db: Reader, { now }: Pick<Context, 'now'>, requestedBy: string, startMs: number): Promise<string> {
  const id = uuidv7(now())
  await insertRewrap(db, { id, requested_by: requestedBy, start_at: new Date(startMs), created_at: new Date(now()) })
  return id
}

/** For an operator who does not wait for the month to end. `newEpoch`: a key may have become known. Answers the id of the order. */
export async function requestRewrap(
  ctx: EpochContext,
  caller: Caller,
  { newEpoch }: { readonly newEpoch: boolean },
): Promise<{ id: string }> {
  const id = newEpoch ? await beginEpoch(ctx, caller.client) : await orderRewrap(ctx.db, ctx, caller.client, ctx.now())
  await ctx.db.transaction().execute(async (tx) => await logAdminChange(tx, ctx, caller, { action: 'vault.rewrap-requested', subject: id }))
  return { id }
}

async function destroyOldEpochs(ctx: EpochContext): Promise<void> {
  const epochs = ctx.vault.epochs()
  const outlived = epochs.filter((_, at) => {
    const successor = epochs[at + 1]
    return successor !== undefined && ctx.now() >= successor.from + ctx.backupDays * DAY_MS
  })
  if (outlived.length === 0) return
  const keys = await countKeys(ctx.db)
  for (const { epoch } of outlived) {
    if ((keys.get(epoch) ?? 0) === 0) await destroy(ctx, epoch)
    // Something was wrapped by it late: once more, and it goes with the next look. Once a day: what is damaged is never wrapped anew.
    else if (!(await isRewrapDueIn(ctx.db, new Date(ctx.now() - DAY_MS), new Date(ctx.now()))))
      await orderRewrap(ctx.db, ctx, 'schedule', ctx.now())
  }
}

async function destroy(ctx: EpochContext, epoch: number): Promise<void> {
  // Said before it is done: an entry without the act can be done again, the act without its entry cannot be undone.
  await logFact(ctx, { kind: 'admin.change', client: 'node', role: 'node', action: 'vault.epoch-destroyed', subject: `epoch-${epoch}` })
  await asOnlyWriter(ctx.db, async () => await destroyEpoch(ctx.vaultPlace.epochsFolder, epoch))
  await refreshEpochs(ctx)
  ctx.log.info({ event: 'vault.epoch-destroyed', epoch }, 'vault.epoch-destroyed')
}
