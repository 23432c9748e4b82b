import type { Effect } from '@hefu/procedures'
import { sql } from 'kysely'
import type { Context } from '../context.ts'
import { insertAll, type Tx } from '../db/bulk.ts'
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
  ctx: Pick<Context, 'vault' | 'now'>,
  held: readonly { case_number: string; key: string }[],
  wanted: readonly WantedClaim[],
): Promise<WantedClaim[]> {
  const rows = claimRows(ctx, wanted)
  const wantedKeys = new Set(rows.map((row) => keyFor(row.case_number, row.lookup_key)))
  const heldKeys = new Set(held.map((row) => keyFor(row.case_number, row.key)))
  const over = held.filter((row) => !wantedKeys.has(keyFor(row.case_number, row.key))).map((row) => row.key)
  const missing = rows.filter((row) => !heldKeys.has(keyFor(row.case_number, row.lookup_key)))
  if (over.length === 0 && missing.length === 0) return []
  await holdLookups(tx, 'claim', 'writing', [...over, ...missing.map((row) => row.lookup_key)])
  if (over.length > 0) {
    await tx.deleteFrom('claims').where('lookup_key', '=', sql<string>`any(${over})`).execute()
    await reapplyCasesAsking(tx, ctx.now(), claims, over)
  }
  if (missing.length === 0) return []
  await insertAll(tx, 'claims', missing, sql`on conflict (lookup_key) do nothing`)
  const taken = await takenByOthers(tx, rows)
  return wanted.filter(({ loaded, effect }) =>
    taken.has(keyFor(loaded.row.case_number, ctx.vault.lookupKey(effect.lookup.kind, effect.lookup.value))),
  )
}

/**
 * Whether another case holds any of these claims, which a document not written yet would want. They stay as they are until the end of
 * the transaction; who goes without is remembered, and looked at again when the claim is given back.
 */
export async function isClaimedElsewhere(tx: Tx, ctx: Pick<Context, 'vault'>, wanted: readonly WantedClaim[]): Promise<boolean> {
  const rows = claimRows(ctx, wanted)
  await holdLookups(
    tx,
    'claim',
    'writing',
    rows.map((row) => row.lookup_key),
  )
  return (await takenByOthers(tx, rows)).size > 0
}

const keyFor = (caseNumber: string, key: string) => `${caseNumber} ${key}`

function claimRows({ vault }: Pick<Context, 'vault'>, wanted: readonly WantedClaim[]) {
  return wanted
    .map(({ loaded, effect }) => ({
      lookup_key: vault.lookupKey(effect.lookup.kind, effect.lookup.value),
      case_number: loaded.row.case_number,
      digest: effect.digest,
      key: effect.key,
    }))
    .sort((a, b) => (a.lookup_key < b.lookup_key ? -1 : 1))
}

/** Those that another case holds, as `case key`; remembers who goes without. */
async function takenByOthers(tx: Tx, rows: readonly { lookup_key: string; case_number: string }[]): Promise<ReadonlySet<string>> {
  if (rows.length === 0) return new Set()
  const keys = rows.map((row) => row.lookup_key)
  const holders = await tx
    .selectFrom('claims')
    .select(['lookup_key', 'case_number'])
    .where('lookup_key', '=', sql<string>`any(${keys})`)
    .execute()
  const holderOf = new Map(holders.map((row) => [row.lookup_key, row.case_number]))
  const without = rows.filter((row) => (holderOf.get(row.lookup_key) ?? row.case_number) !== row.case_number)
  await rememberQuestions(
    tx,
    without.map(({ lookup_key, case_number }) => ({ register: claims, lookup_key, case_number })),
  )
  return new Set(without.map((row) => keyFor(row.case_number, row.lookup_key)))
}
