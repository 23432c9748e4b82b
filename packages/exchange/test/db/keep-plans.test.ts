import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { testDatabase } from '../../../testkit/src/postgres/test-database.ts'
import { runTogether } from '../../src/db/bulk.ts'
import { openDatabase } from '../../src/db/open-database.ts'

const database = testDatabase()

test('a statement whose plan is kept is prepared once for a connection, and does what it says each time', async () => {
  const db = openDatabase({ url: database.url, poolSize: 1, onError: () => {} })
  await sql`create table kept (id integer, text text)`.execute(db)
  const insert = (id: number, text: string) => sql`insert into kept values (${id}, ${text})`
  for (const n of [1, 2, 3])
    await db.transaction().execute(async (tx) => await runTogether(tx, [insert(n, 'one'), insert(-n, 'other')], { keepPlan: true }))
  await db.transaction().execute(async (tx) => await runTogether(tx, [insert(4, 'one'), insert(-4, 'other')]))
  const { rows } = await sql`select id, text from kept order by id`.execute(db)
  expect(rows.map((row) => Object.values(row as object).join(' '))).toEqual([
    ...[-4, -3, -2, -1].map((id) => `${id} other`),
    ...[1, 2, 3, 4].map((id) => `${id} one`),
  ])
  const { rows: kept } = await sql<{ runs: string }>`select generic_plans + custom_plans as runs from pg_prepared_statements`.execute(db)
  expect(kept).toEqual([{ runs: '3' }])
  await db.destroy()
})
