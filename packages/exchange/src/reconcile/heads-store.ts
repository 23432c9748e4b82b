import { type RawBuilder, sql } from 'kysely'
import type { Context } from '../context.ts'
import type { Reader } from '../db/bulk.ts'
import { caseKey, messageOf } from '../vault/stored-keys.ts'
import type { DayBounds } from './day-bounds.ts'
import type { DaySum, Head, Item, MessageId } from './heads-schemas.ts'

type Sides = Pick<Context, 'region'>

/** A stretch of messages in the order (jti, iss): after `after`, up to and including `upTo`. */
export interface Stretch extends DayBounds {
  readonly after?: MessageId | undefined
  readonly upTo?: MessageId | undefined
}

/**
 * What was sent, received and answered between this region and the peer, with `jti` from `first` to before `next` (the bounds
 * reach every partitioned table, so that each scan stays within the day). A message that the peer meant for another region is
 * no business between these two: its sender does not count it here either.
 */
function headsBetween({ region }: Sides, peer: string, first: RawBuilder<unknown>, next: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`select d.jti, d.iss, d.digest, case when o.receipt is null then 'pending' when o.state = 'refused' then 'refused' else 'accepted' end as status,
        case when o.receipt is not null then d.refusal end as reason, o.receipt
      from documents d left join outbox o on o.jti = d.jti and o.digest = d.digest and o.jti >= ${first} and o.jti < ${next}
      where d.iss = ${region} and d.aud = ${peer} and d.status <> 'cancelled' and d.jti >= ${first} and d.jti < ${next}
    union all select i.jti, i.iss, i.digest, i.status, i.reason, i.receipt from inbox i
      where i.iss = ${peer} and i.first and i.reason is distinct from 'audience' and i.jti >= ${first} and i.jti < ${next}`
}

/** One digest a day over the lines `iss jti digest status receiptDigest\n`, sorted by (jti, iss); only days that hold something. */
export async function sumDays(db: Reader, sides: Sides, peer: string, days: readonly DayBounds[]): Promise<DaySum[]> {
  const bounds = sql`unnest(${days.map((d) => d.day)}::text[], ${days.map((d) => d.first)}::uuid[], ${days.map((d) => d.next)}::uuid[]) as b(day, first, next)`
  const heads = headsBetween(sides, peer, sql`b.first`, sql`b.next`)
  const { rows } = await sql<{
    day: string
    count: string
    digest: Buffer
  }>`select b.day, s.count, s.digest from ${bounds} cross join lateral (
      select count(*) as count, sha256(convert_to(coalesce(string_agg(concat_ws(' ', h.iss, h.jti, h.digest, h.status, coalesce(h.receipt, '')) || E'\n', ''
        order by h.jti, h.iss collate "C"), ''), 'UTF8')) as digest from (${heads}) as h) as s
    where s.count > 0 order by b.day`.execute(db)
  return rows.map((row) => ({ day: row.day, count: Number(row.count), digest: row.digest.toString('base64url') }))
}

export async function readHeads(db: Reader, sides: Sides, peer: string, stretch: Stretch, limit: number): Promise<Head[]> {
  const { first, next, after, upTo } = stretch
  const heads = headsBetween(sides, peer, sql`${after?.jti ?? first}::uuid`, sql`${next}::uuid`)
  const above = after ? sql`(h.jti, h.iss collate "C") > (${after.jti}::uuid, ${after.iss} collate "C")` : sql`true`
  const below = upTo ? sql`(h.jti, h.iss collate "C") <= (${upTo.jti}::uuid, ${upTo.iss} collate "C")` : sql`true`
  const { rows } = await sql<Head>`select h.iss, h.jti, h.digest, h.status, h.reason, h.receipt from (${heads}) as h
    where ${above} and ${below} order by h.jti, h.iss collate "C" limit ${limit}`.execute(db)
  return rows
}

/** Those of the messages that were exchanged with this peer and answered, with everything that proves it. */
export async function readItems(
  db: Reader,
  { region, vault }: Sides & Pick<Context, 'vault'>,
  peer: string,
  ids: readonly MessageId[],
): Promise<Item[]> {
  if (ids.length === 0) return []
  const jtis = ids.map((id) => id.jti)
  const { rows } = await sql<
    Item & SealedBy
  >`select w.iss, w.jti, w.digest, w.status, w.reason, w.message, w.receipt, w.index, w.path, c.case_number, c.data_key,
      c.erased_at, w.recalled_at from (
      select d.iss, d.jti, d.digest, case o.state when 'refused' then 'refused' else 'accepted' end as status, d.refusal as reason, d.message,
          d.recalled_at, d.case_number, r.receipt, o.leaf_index as "index", string_to_array(o.path, '.') as path
        from documents d join outbox o on o.jti = d.jti and o.digest = d.digest join receipts r on r.digest = o.receipt
        where d.iss = ${region} and d.aud = ${peer} and d.jti = any(${jtis}::uuid[]) and o.jti = any(${jtis}::uuid[])
      union all select i.iss, i.jti, i.digest, i.status, i.reason, d.message, d.recalled_at, d.case_number, r.receipt, i.leaf_index, string_to_array(i.path, '.')
        from inbox i join receipts r on r.digest = i.receipt
        left join documents d on d.jti = i.jti and d.iss = i.iss and d.digest = i.digest and d.jti = any(${jtis}::uuid[])
        where i.iss = ${peer} and i.first and i.jti = any(${jtis}::uuid[])) as w
      left join cases c on c.case_number = w.case_number
    order by w.jti, w.iss collate "C"`.execute(db)
  const asked = new Set(ids.map(({ iss, jti }) => `${iss} ${jti}`))
  return rows
    .filter(({ iss, jti }) => asked.has(`${iss} ${jti}`))
    .map(({ case_number, data_key, erased_at, recalled_at, ...item }) => ({
      ...item,
      // Of an erased case, and of a recalled document, what proves it is all there is.
      message:
        item.message === null || erased_at !== null || recalled_at !== null
          ? null
          : vault.openMessage(caseKey({ case_number, data_key }), messageOf(item), item.message),
    }))
}

interface SealedBy {
  readonly case_number: string
  readonly data_key: string | null
  readonly erased_at: Date | null
  readonly recalled_at: Date | null
}
