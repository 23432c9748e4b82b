import type { Context } from '../context.ts'
import { HefuError } from '../errors.ts'
import { countKeys, readRewrap } from './rewrap-store.ts'

export interface VaultView {
  /** Under which new keys are wrapped. */
  readonly epoch: number
  readonly epochs: readonly { readonly epoch: number; readonly from: string; readonly keys: number }[]
}

/** Which epochs there are, and how many living data keys each has wrapped. */
export async function showVault({ db, vault }: Pick<Context, 'db' | 'vault'>): Promise<VaultView> {
  const keys = await countKeys(db)
  return {
    epoch: vault.currentEpoch(),
    epochs: vault.epochs().map(({ epoch, from }) => ({ epoch, from: new Date(from).toISOString(), keys: keys.get(epoch) ?? 0 })),
  }
}

export interface RewrapView {
  readonly id: string
  readonly state: 'waiting' | 'running' | 'done'
  readonly startAt: string
  readonly keys: { readonly total: number | null; readonly done: number }
  readonly finishedAt: string | null
}

/** Throws HefuError: not-found. */
export async function showRewrap({ db }: Pick<Context, 'db'>, id: string): Promise<RewrapView> {
  const row = await readRewrap(db, id)
  if (!row) throw new HefuError('not-found')
  return {
    id,
    state: row.finished_at !== null ? 'done' : row.keys_total === null ? 'waiting' : 'running',
    startAt: row.start_at.toISOString(),
    keys: { total: row.keys_total, done: row.keys_done },
    finishedAt: row.finished_at?.toISOString() ?? null,
  }
}
