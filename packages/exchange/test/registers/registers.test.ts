import { insuredPersons } from '@hefu/procedures'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { testDatabase } from '../../../testkit/src/postgres/test-database.ts'
import type { Context } from '../../src/context.ts'
import { HefuError } from '../../src/errors.ts'
import { deleteRecord, putRecord } from '../../src/registers/put-record.ts'
import { listRecords, readRecord } from '../../src/registers/read-record.ts'
import { findRecords } from '../../src/registers/register-store.ts'
import { caseKey, caseOwner, effectOf } from '../../src/vault/stored-keys.ts'
import { canaryName, employerRecord, usccOf } from './employer-records.ts'
import { type NodeContext, officer, openNodeContext, operator, otherOfficer } from './node-context.ts'

const database = testDatabase()
let node: NodeContext
let ctx: Context
let last = 0
/** An employer that no other test uses. */
const newEmployer = () => employerRecord(++last)

beforeAll(async () => {
  node = await openNodeContext(database.url)
  ctx = node.ctx
})
afterAll(async () => await node[Symbol.asyncDispose]())

const lookupKey = (kind: string, value: string) => ctx.vault.lookupKey(kind, value)
const refusal = (code: string) => expect.objectContaining({ name: 'HefuError', code })

describe('lookupKey', () => {
  it('tells kind from value, and is no bare digest that anybody could compute', () => {
    // printf 'uscc\091500112MA5U7B2C22' | sha256sum, as base64url
    expect(lookupKey('uscc', '91500112MA5U7B2C22')).not.toBe('ra5Re9sisx4qiNQoknbvcniML8TFqePz5aNJLtClVq0')
    expect(lookupKey('uscc', '91500112MA5U7B2C22')).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(lookupKey('a', 'bc')).not.toBe(lookupKey('ab', 'c'))
  })
})

describe('putRecord', () => {
  it('creates, then counts versions', async () => {
    const record = newEmployer()
    expect(await putRecord(ctx, officer, 'employers', record.uscc, record)).toEqual({ outcome: 'created', version: 1 })
    const changed = { ...record, name: '重庆新名建筑劳务有限公司' }
    expect(await putRecord(ctx, officer, 'employers', record.uscc, changed)).toEqual({ outcome: 'updated', version: 2 })
    expect(await readRecord(ctx, officer, 'employers', record.uscc)).toMatchObject({
      id: record.uscc,
      record: { id: record.uscc, data: changed, version: 2 },
      entries: [],
    })
  })

  it('keeps what does not meet its precondition as it is', async () => {
    const record = newEmployer()
    const put = async (precondition: Parameters<typeof putRecord>[5]) =>
      await putRecord(ctx, officer, 'employers', record.uscc, record, precondition)
    await expect(put({ ifMatch: '1' })).rejects.toEqual(refusal('if-match-failed'))
    await expect(put({ ifMatch: '*' })).rejects.toEqual(refusal('if-match-failed'))
    await expect(readRecord(ctx, officer, 'employers', record.uscc)).rejects.toEqual(refusal('not-found'))
    expect(await put({ ifNoneMatch: '*' })).toEqual({ outcome: 'created', version: 1 })
    await expect(put({ ifNoneMatch: '*' })).rejects.toEqual(refusal('if-match-failed'))
    expect(await put({ ifMatch: '1' })).toEqual({ outcome: 'updated', version: 2 })
    await expect(put({ ifMatch: '1' })).rejects.toEqual(refusal('if-match-failed'))
    expect((await readRecord(ctx, officer, 'employers', record.uscc)).record?.version).toBe(2)
  })

  it('lets one of several writers on one version win', async () => {
    const record = newEmployer()
    await putRecord(ctx, officer, 'employers', record.uscc, record)
    const puts = Array.from({ length: 6 }, async () => await putRecord(ctx, officer, 'employers', record.uscc, record, { ifMatch: '1' }))
    const settled = await Promise.allSettled(puts)
    expect(settled.filter((one) => one.status === 'fulfilled')).toHaveLength(1)
    expect((await readRecord(ctx, officer, 'employers', record.uscc)).record?.version).toBe(2)
  })

  it('refuses another agency of the region, and changes nothing', async () => {
    const record = newEmployer()
    await putRecord(ctx, officer, 'employers', record.uscc, record)
    await expect(putRecord(ctx, otherOfficer, 'employers', record.uscc, { ...record, name: '他人' })).rejects.toEqual(
      refusal('agency-not-allowed'),
    )
    await expect(deleteRecord(ctx, otherOfficer, 'employers', record.uscc)).rejects.toEqual(refusal('agency-not-allowed'))
    await expect(readRecord(ctx, otherOfficer, 'employers', record.uscc)).rejects.toEqual(refusal('not-found'))
    expect((await readRecord(ctx, officer, 'employers', record.uscc)).record).toMatchObject({ data: record, version: 1 })
  })

  it('refuses an operator, an unknown register, a foreign id and a wrong record', async () => {
    const record = newEmployer()
    await expect(putRecord(ctx, operator, 'employers', record.uscc, record)).rejects.toEqual(refusal('role-not-allowed'))
    await expect(putRecord(ctx, officer, 'no-such', record.uscc, record)).rejects.toEqual(refusal('not-found'))
    await expect(putRecord(ctx, officer, 'employers', usccOf(999_999), record)).rejects.toMatchObject({
      code: 'malformed-request',
      errors: [{ pointer: '/uscc', code: 'id-mismatch' }],
    })
    const wrong = await putRecord(ctx, officer, 'employers', record.uscc, {
      ...record,
      legalRepresentative: undefined,
      canary: canaryName,
    }).catch((error: unknown) => error)
    expect(wrong).toBeInstanceOf(HefuError)
    expect((wrong as HefuError).errors.map(({ pointer, code }) => [pointer, code])).toEqual([
      ['/legalRepresentative', 'required'],
      ['/canary', 'unrecognized-key'],
    ])
    expect(JSON.stringify((wrong as HefuError).errors)).not.toContain(canaryName)
  })
})

describe('look-ups', () => {
  it('find records of several registers in one statement, and follow a change', async () => {
    const employer = newEmployer()
    const person = insuredPersons.examples[0]?.data as { relationNumber: string }
    await putRecord(ctx, officer, 'employers', employer.uscc, employer)
    await putRecord(ctx, officer, 'insured-persons', person.relationNumber, person)
    const [byId, byPerson] = insuredPersons.lookups(person as never).map(({ kind, value }) => lookupKey(kind, value)) as [string, string]
    const keys = [
      { register: 'employers', lookupKey: lookupKey('uscc', employer.uscc) },
      { register: 'insured-persons', lookupKey: byPerson },
      { register: 'insured-persons', lookupKey: byPerson },
      { register: 'employers', lookupKey: byPerson },
    ]
    const found = await findRecords(ctx.db, ctx, keys)
    expect([...found.keys()].sort()).toEqual([`employers\0${lookupKey('uscc', employer.uscc)}`, `insured-persons\0${byPerson}`].sort())
    expect(found.get(`employers\0${lookupKey('uscc', employer.uscc)}`)).toEqual([employer])
    expect(found.get(`insured-persons\0${byPerson}`)).toEqual([person])

    // A second relation of the same person and type: both are found, until one moves to another type.
    const second = { ...person, relationNumber: 'SECOND-1' }
    await putRecord(ctx, officer, 'insured-persons', second.relationNumber, second)
    expect((await findRecords(ctx.db, ctx, keys)).get(`insured-persons\0${byPerson}`)).toHaveLength(2)
    const moved = { ...(insuredPersons.examples[1]?.data as object), relationNumber: second.relationNumber }
    await putRecord(ctx, officer, 'insured-persons', second.relationNumber, moved)
    expect((await findRecords(ctx.db, ctx, keys)).get(`insured-persons\0${byPerson}`)).toEqual([person])

    await deleteRecord(ctx, officer, 'insured-persons', person.relationNumber)
    expect(
      (await findRecords(ctx.db, ctx, [{ register: 'insured-persons', lookupKey: byId }, ...keys])).has(`insured-persons\0${byPerson}`),
    ).toBe(false)
    expect(await findRecords(ctx.db, ctx, [])).toEqual(new Map())
  })
})

describe('listRecords', () => {
  it('gives every record of the own agency once, page by page', async () => {
    const mine = Array.from({ length: 5 }, newEmployer)
    const caller = { ...officer, agency: '500000-0009' }
    for (const record of mine) await putRecord(ctx, caller, 'employers', record.uscc, record)
    const seen: string[] = []
    let after: string | null = null
    do {
      const page = await listRecords(ctx, caller, 'employers', { limit: 2, ...(after === null ? {} : { after }) })
      expect(page.items.length).toBeLessThanOrEqual(2)
      seen.push(...page.items.map(({ id }) => id))
      after = page.next
    } while (after !== null)
    expect(seen.toSorted()).toEqual(mine.map(({ uscc }) => uscc).toSorted())
    await expect(listRecords(ctx, operator, 'employers', { limit: 2 })).rejects.toEqual(refusal('role-not-allowed'))
  })
})

describe('deleteRecord', () => {
  it('removes the record and its look-ups', async () => {
    const record = newEmployer()
    await putRecord(ctx, officer, 'employers', record.uscc, record)
    await expect(deleteRecord(ctx, officer, 'employers', record.uscc, { ifMatch: '2' })).rejects.toEqual(refusal('if-match-failed'))
    await deleteRecord(ctx, officer, 'employers', record.uscc, { ifMatch: '1' })
    await expect(readRecord(ctx, officer, 'employers', record.uscc)).rejects.toEqual(refusal('not-found'))
    await expect(deleteRecord(ctx, officer, 'employers', record.uscc)).rejects.toEqual(refusal('not-found'))
    const left = await ctx.db
      .selectFrom('register_lookups')
      .select('key')
      .where('lookup_key', '=', lookupKey('uscc', record.uscc))
      .execute()
    expect(left).toEqual([])
  })
})

describe('the integrity file', () => {
  let number = 0
  /** A case that has entered something with the employer, as applying its documents leaves it. */
  async function enter(uscc: string, agency: string, effectiveUntil: string | null) {
    const caseNumber = `510100-VN-20260122-0000000${++number}`
    const at = new Date('2026-01-22T02:00:00Z')
    const dataKey = ctx.vault.newKey(caseOwner(caseNumber))
    await ctx.db
      .insertInto('cases')
      .values({
        case_number: caseNumber,
        procedure: 'violation-notice',
        version: 1,
        owner: '510100',
        role: 'home',
        agency,
        participants: '[]',
        agreement: 'violation-notice-2026/1',
        deadline_rules: 1,
        state: 'filed',
        final: false,
        ball_holder: null,
        due: null,
        effective_until: effectiveUntil,
        etag: '',
        opened_at: at,
        updated_at: at,
        data_key: dataKey,
      })
      .execute()
    const data = { entryNumber: `渝信档〔2026〕${number}` }
    await ctx.db
      .insertInto('effects')
      .values({
        case_number: caseNumber,
        digest: `digest-${number}`,
        key: 'integrity-entry',
        kind: 'register',
        register: 'employers',
        lookup_key: lookupKey('uscc', uscc),
        data: ctx.vault.seal(
          caseKey({ case_number: caseNumber, data_key: dataKey }),
          effectOf({ case_number: caseNumber, digest: `digest-${number}`, key: 'integrity-entry' }),
          JSON.stringify(data),
        ),
        created_at: at,
      })
      .execute()
    return { caseNumber, procedure: 'violation-notice', digest: `digest-${number}`, data, since: at.toISOString(), until: effectiveUntil }
  }

  it('shows the keeper of the record every entry that may still be shown', async () => {
    const record = newEmployer()
    const frozen = { ...ctx, now: () => Date.parse('2026-11-22T04:00:00Z') }
    await putRecord(frozen, officer, 'employers', record.uscc, record)
    const one = await enter(record.uscc, '500000-0001', '2026-11-22')
    await enter(record.uscc, '500000-0001', '2026-11-21')
    const other = await enter(record.uscc, '500109-0001', null)
    expect(await readRecord(frozen, officer, 'employers', record.uscc)).toMatchObject({ record: { data: record }, entries: [one, other] })
    expect(await readRecord(frozen, otherOfficer, 'employers', record.uscc)).toEqual({ id: record.uscc, record: null, entries: [other] })
  })

  it('is there before the record is, for the agency that holds the case', async () => {
    const { uscc } = newEmployer()
    const entry = await enter(uscc, '500109-0001', null)
    expect(await readRecord(ctx, otherOfficer, 'employers', uscc)).toEqual({ id: uscc, record: null, entries: [entry] })
    await expect(readRecord(ctx, officer, 'employers', uscc)).rejects.toEqual(refusal('not-found'))
  })
})

describe('the audit', () => {
  beforeEach(async () => void (await ctx.db.deleteFrom('audit').execute()))

  it('says who did what with which record, and holds nothing personal', async () => {
    const record = newEmployer()
    await putRecord(ctx, officer, 'employers', record.uscc, record)
    await readRecord(ctx, officer, 'employers', record.uscc)
    await deleteRecord(ctx, officer, 'employers', record.uscc)
    await putRecord(ctx, otherOfficer, 'employers', record.uscc, record)
    await expect(putRecord(ctx, officer, 'employers', record.uscc, record)).rejects.toEqual(refusal('agency-not-allowed'))
    const rows = await ctx.db.selectFrom('audit').selectAll().orderBy('id').execute()
    const subject = `employers/${lookupKey('uscc', record.uscc)}`
    expect(rows.map(({ client, agency, action, subject }) => [client, agency, action, subject]).toSorted()).toEqual(
      [
        [officer.client, officer.agency, 'register.record-created', subject],
        [officer.client, officer.agency, 'register.record-read', subject],
        [officer.client, officer.agency, 'register.record-deleted', subject],
        [otherOfficer.client, otherOfficer.agency, 'register.record-created', subject],
      ].toSorted(),
    )
    const all = JSON.stringify(rows) + node.lines.join('')
    for (const personal of [record.uscc, canaryName, record.name]) expect(all).not.toContain(personal)
  })
})
