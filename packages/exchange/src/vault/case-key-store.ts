import { sql } from 'kysely'
import type { Context } from '../context.ts'
import type { Tx } from '../db/bulk.ts'
import { caseOwner } from './stored-keys.ts'

/**
 * The wrapped data keys of these cases. A case whose key was destroyed gets another one for what still arrives: it is kept like anything that was
 * receipted, opens nothing that was erased, and is erased in its turn.
 */
export async function keysOfCases(tx: Tx, { vault }: Pick<Context, 'vault'>, caseNumbers: readonly string[]): Promise<Map<string, string>> {
  if (caseNumbers.length === 0) return new Map()
  const { rows } = await sql<{ case_number: string; data_key: string | null }>`select c.case_number, c.data_key
    from unnest(${caseNumbers}::text[]) as n (number) join cases c on c.case_number = n.number`.execute(tx)
  const keys = new Map<string, string>()
  for (const { case_number: caseNumber, data_key: dataKey } of rows) {
    keys.set(caseNumber, dataKey ?? (await anotherKey(tx, caseNumber, vault.newKey(caseOwner(caseNumber)))))
  }
  return keys
}

async function anotherKey(tx: Tx, caseNumber: string, dataKey: string): Promise<string> {
  const { rows } = await sql<{ data_key: string }>`update cases set data_key = coalesce(data_key, ${dataKey})
    where case_number = ${caseNumber} returning data_key`.execute(tx)
  return rows[0]?.data_key ?? dataKey
}
