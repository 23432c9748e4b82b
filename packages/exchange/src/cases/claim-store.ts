import type { Effect } from '@hefu/procedures'
import { sql } from 'kysely'
import { insertAll, type Tx } from '../db/bulk.ts'
import { lookupKey } from '../registers/lookup-key.ts'
import type { LoadedCase } from './loaded-case.ts'

type Claim = Extract<Effect, { kind: 'claim' }>

interface WantedClaim {
  readonly loaded: LoadedCase
  readonly effect: Claim
}

/**
 * Holds for each case the claims it wants and gives back those it no longer wants. The primary key on `lookup_key` makes
 * two cases that reach for one claim at the same instant agree on who has it; answers the claims that another case holds.
 */
export async function takeClaims(tx: Tx, numbers: readonly string[], wanted: readonly WantedClaim[]): Promise<WantedClaim[]> {
  const rows = wanted
    .map(({ loaded, effect }) => ({ lookup_key: lookupKey(effect.lookup.kind, effect.lookup.value), case_number: loaded.row.case_number, digest: effect.digest, key: effect.key }))
    .sort((a, b) => (a.lookup_key < b.lookup_key ? -1 : 1))
  const held = await tx.selectFrom('claims').select(['lookup_key', 'case_number']).where('case_number', '=', sql<string>`any(${numbers})`).execute()
  const keep = new Set(rows.map((row) => `${row.case_number} ${row.lookup_key}`))
  const over = held.filter((row) => !keep.has(`${row.case_number} ${row.lookup_key}`)).map((row) => row.lookup_key)
  if (over.length > 0) await tx.deleteFrom('claims').where('lookup_key', '=', sql<string>`any(${over})`).execute()
  if (rows.length === 0) return []
  await insertAll(tx, 'claims', rows, sql`on conflict (lookup_key) do nothing`)
  const keys = rows.map((row) => row.lookup_key)
  const holders = await tx.selectFrom('claims').select(['lookup_key', 'case_number']).where('lookup_key', '=', sql<string>`any(${keys})`).execute()
  const holderOf = new Map(holders.map((row) => [row.lookup_key, row.case_number]))
  return wanted.filter(({ loaded, effect }) => holderOf.get(lookupKey(effect.lookup.kind, effect.lookup.value)) !== loaded.row.case_number)
}
