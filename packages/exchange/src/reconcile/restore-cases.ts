import type { Context } from '../context.ts'
import { runTogether, type Tx } from '../db/bulk.ts'
import { caseRowOf } from '../inbox/case-row.ts'
import { arrivedCaseStatements } from '../inbox/inbox-store.ts'
import type { ProvenItem } from './verify-item.ts'

/** A case whose row was lost too, from whichever of its documents comes back; the starting one has the last word. */
export async function restoreCases(tx: Tx, ctx: Pick<Context, 'region' | 'vault'>, items: readonly ProvenItem[]): Promise<void> {
  const cases = items.flatMap(({ arrival: { verdict } }) =>
    verdict.status === 'accepted' ? [{ starts: verdict.starts, row: caseRowOf(ctx, verdict) }] : [],
  )
  const [starting, early] = [cases.filter((one) => one.starts), cases.filter((one) => !one.starts)]
  await runTogether(
    tx,
    arrivedCaseStatements(
      starting.map((one) => one.row),
      early.map((one) => one.row),
    ),
  )
}
