import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { type Figure, machine, round } from './figure.ts'
import type { BenchOptions } from './main.ts'
import { noticeBody } from './notice.ts'
import { twoNodes } from './two-nodes.ts'

/** What proves a message, beside the message itself: receipts, promises and the whole exchange log with its indexes. */
const evidence = [
  'receipts',
  'promises',
  'log_pending',
  'log_entries',
  'log_heads',
  'log_tiles',
  'log_checkpoints',
  'log_witnesses',
] as const

/** Bytes on disk of the evidence per message, on each half; indexes and the room of dead rows included. */
export async function logOverhead(options: BenchOptions): Promise<Figure[]> {
  const count = options.count ?? 5_000
  await using nodes = await twoNodes(options)
  const halves = [
    ['510100', nodes.chengdu.database],
    ['500000', nodes.chongqing.database],
  ] as const
  const before = await Promise.all(halves.map(([, database]) => bytesOf(database)))
  const path = await nodes.chengdu.officer
    .post('/v1/imports?target=violation-notice', `${noticeBody()}\n`.repeat(count), { headers: { 'content-type': 'application/x-ndjson' } })
    .then((answer) => answer.headers.get('location') ?? '')
  for (;;) {
    const { body } = await nodes.chengdu.officer.get(path)
    options.say(`${body.rows?.done ?? 0} of ${count}`)
    if (String(body.state) === 'done' && (await isQuiet(halves.map(([, database]) => database)))) break
    await sleep(2_000)
  }
  const after = await Promise.all(halves.map(([, database]) => bytesOf(database)))
  return halves.map(([region], at) => ({
    name: 'log.overhead',
    value: round(sum(grown(before[at], after[at], count))),
    unit: 'bytes/message',
    region,
    messages: count,
    tables: grown(before[at], after[at], count),
    ...machine(),
  }))
}

type Bytes = Readonly<Record<string, number>>

/** By table; of a partitioned one that of its partitions, which is all it has. */
async function bytesOf(database: pg.Pool): Promise<Bytes> {
  const { rows } = await database.query<{ name: string; bytes: string }>(
    `select name, sum(pg_total_relation_size(coalesce(t.relid, name::regclass))) as bytes
     from unnest($1::text[]) as name left join pg_partition_tree(name::regclass) as t on true group by name`,
    [evidence],
  )
  return Object.fromEntries(rows.map(({ name, bytes }) => [name, Number(bytes)]))
}

function grown(before: Bytes = {}, after: Bytes = {}, count: number): Bytes {
  return Object.fromEntries(evidence.map((name) => [name, round(((after[name] ?? 0) - (before[name] ?? 0)) / count)]))
}

function sum(bytes: Bytes): number {
  return Object.values(bytes).reduce((total, one) => total + one, 0)
}

async function isQuiet(databases: readonly pg.Pool[]): Promise<boolean> {
  const open = `select (select count(*) from outbox where state = 'pending') + (select count(*) from inbox where applied_at is null) + (select count(*) from log_pending) as n`
  const counts = await Promise.all(databases.map(async (database) => Number((await database.query<{ n: string }>(open)).rows[0]?.n)))
  return counts.every((n) => n === 0)
}
