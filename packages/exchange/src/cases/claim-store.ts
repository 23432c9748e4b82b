import type { Effect } from '@hefu/procedures'
import { sql } from 'kysely'
import { insertAll, type Tx } from '../db/bulk.ts'
import { lookupKey } from '../registers/lookup-key.ts'
import { holdLookups, reapplyCasesAsking, rememberQuestions } from '../registers/question-store.ts'
import type { LoadedCase } from './loaded-case.ts'

/** Stands for a register's name where claims are what was looked up. */
const claims = 'claims'

export interface WantedClaim {
  readonly loaded: LoadedCase
  readonly effect: Extract<Effect, { kind: 'claim' }>
}

/**
 * Holds for each case the claims it wants and gives back those it no longer wants. The primary key on `lookup_key` makes
 * two cases that reach for one claim at the same instant agree on who has it; answers the claims that another case holds.
 * `held`: what these cases hold now (`key` is the look-up key); nothing is asked of the database when that is what they want.
 * Who goes without is remembered, and looked at again when the claim is given back.
 */
export async function takeClaims(
  tx: Tx,
  nowMs: number,
  held: readonly { case_number: string; key: string }[],
  wanted: readonly WantedClaim[],
): Promise<WantedClaim[]> {
  const rows = wanted
    .map(({ loaded, effect }) => ({
      lookup_key: lookupKey(effect.lookup.kind, effect.lookup.value),
      case_number: loaded.row.case_number,
      digest: effect.digest,
      key: effect.key,
    }))
    .sort((a, b) => (a.lookup_key < b.lookup_key ? -1 : 1))
  const wantedKeys = new Set(rows.map((row) => `${row.case_number} ${row.lookup_key}`))
  const heldKeys = new Set(held.map((row) => `${row.case_number} ${row.key}`))
  const over = held.filter((row) => !wantedKeys.has(`${row.case_number} ${row.key}`)).map((row) => row.key)
  const missing = rows.filter((row) => !heldKeys.has(`${row.case_number} ${row.lookup_key}`))
  if (over.length === 0 && missing.length === 0) return []
  await holdLookups(tx, 'claim', 'writing', [...over, ...missing.map((row) => row.lookup_key)])
  if (over.length > 0) {
    await tx.deleteFrom('claims').where('lookup_key', '=', sql<string>`any(${over})`).execute()
    await reapplyCasesAsking(tx, nowMs, claims, over)
  }
  if (missing.length === 0) return []
  await insertAll(tx, 'claims', missing, sql`on conflict (lookup_key) do nothing`)
  const keys = rows.map((row) => row.lookup_key)
  const holders = await tx
    .selectFrom('claims')
    .select(['lookup_key', 'case_number'])
    .where('lookup_key', '=', sql<string>`any(${keys})`)
    .execute()
  const holderOf = new Map(holders.map((row) => [row.lookup_key, row.case_number]))
  const without = missing.filter((row) => holderOf.get(row.lookup_key) !== row.case_number)
  await rememberQuestions(
    tx,
    without.map(({ lookup_key, case_number }) => ({ register: claims, lookup_key, case_number })),
  )
  return wanted.filter(({ loaded, effect }) => holderOf.get(lookupKey(effect.lookup.kind, effect.lookup.value)) !== loaded.row.case_number)
}
