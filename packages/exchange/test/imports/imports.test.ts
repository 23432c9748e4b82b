import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { employers, type Register, violationNotice } from '@hefu/procedures'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { testDatabase } from '../../../testkit/src/postgres/test-database.ts'
import type { Caller, Context } from '../../src/context.ts'
import { insertRows } from '../../src/db/bulk.ts'
import { createImport, MAX_IMPORT_BYTES, MAX_IMPORT_ROWS } from '../../src/imports/create-import.ts'
import { asOnlyRunner, importsToResume } from '../../src/imports/import-store.ts'
import { importTargets } from '../../src/imports/import-target.ts'
import { listImportErrors, listImportResults, readImport } from '../../src/imports/read-import.ts'
import { runImport } from '../../src/imports/run-import.ts'
import { MAX_LINE_BYTES } from '../../src/imports/split-rows.ts'
import { putRecord } from '../../src/registers/put-record.ts'
import { readRecord } from '../../src/registers/read-record.ts'
import { canaryName, employerRecord, usccOf } from '../registers/employer-records.ts'
import { type NodeContext, officer, openNodeContext, operator, otherOfficer } from '../registers/node-context.ts'

const database = testDatabase()
let node: NodeContext
let ctx: Context
let lastKey = 0
let lastEmployer = 0

beforeAll(async () => {
  node = await openNodeContext(database.url)
  ctx = node.ctx
})
afterAll(async () => await node[Symbol.asyncDispose]())
// No sequencer runs beside these tests: what waits for one longer than 30 s would stop the node.
beforeEach(async () => void (await ctx.db.deleteFrom('log_pending').execute()))

const refusal = (code: string) => expect.objectContaining({ name: 'HefuError', code })
const newEmployers = (count: number) => Array.from({ length: count }, () => employerRecord(++lastEmployer))
const ndjson = (rows: readonly unknown[]) => Buffer.from(rows.map((row) => JSON.stringify(row)).join('\n'))

async function create(
  lines: Uint8Array,
  options: { target?: string; caller?: Caller; key?: string; fingerprint?: string; ctx?: Context } = {},
) {
  return await createImport(options.ctx ?? ctx, options.caller ?? officer, {
    target: options.target ?? 'employers',
    lines,
    idempotencyKey: options.key ?? `key-${++lastKey}`,
    fingerprint: options.fingerprint ?? 'f',
  })
}

const rowsOf = async (id: string) =>
  await ctx.db.selectFrom('import_rows').selectAll().where('import_id', '=', id).orderBy('line').execute()
const errorsOf = async (id: string) => (await listImportErrors(ctx, officer, id, { limit: 200 })).items

/** A notice to Chengdu as POST /v1/violation-notices takes it. */
function noticeBody(facts: string) {
  const example = violationNotice.documents.notice?.examples[0]?.body
  const data = example?.data as { contactAgency: object }
  return { from: '500000-0001', to: '510100-0001', purpose: example?.purpose, basis: example?.basis, data: { ...data, facts } }
}

describe('a client that was revoked after it sent an import', () => {
  it('has no row of it taken, and each says why', async () => {
    const caller: Caller = { ...officer, client: 'desk-that-was-revoked' }
    const records = newEmployers(3)
    const { id } = await create(ndjson(records), { caller })
    const at = new Date(ctx.now())
    const nobody = { asked: null, asked_by: null, asked_at: null, approved_at: at, approved_by: 'other', revoked_by: 'security' }
    await insertRows('clients', [
      {
        ...nobody,
        client: caller.client,
        role: 'officer',
        agency: caller.agency,
        state: 'revoked',
        scopes: [],
        keys: JSON.stringify([]),
        version: 3,
        created_at: at,
        created_by: 'security',
        revoked_at: at,
      },
    ]).execute(ctx.db)
    await runImport(ctx, id)
    expect(await readImport(ctx, officer, id)).toMatchObject({ state: 'done', rows: { total: 3, done: 0, failed: 3 } })
    expect((await errorsOf(id)).map(({ line, code }) => [line, code])).toEqual([1, 2, 3].map((line) => [line, 'scope-not-allowed']))
  })
})

describe('createImport', () => {
  it('keeps the rows and tells the queue', async () => {
    const before = (await ctx.queue.depth()).import
    const { id, rows, repeated } = await create(ndjson(newEmployers(3)))
    expect({ rows, repeated }).toEqual({ rows: 3, repeated: false })
    expect((await ctx.queue.depth()).import).toBe(before + 1)
    expect(await readImport(ctx, officer, id)).toEqual({
      id,
      target: 'employers',
      state: 'queued',
      rows: { total: 3, done: 0, failed: 0 },
      progress: 0,
      createdAt: expect.any(String),
      finishedAt: null,
    })
    expect(await importsToResume(ctx.db)).toContain(id)
  })

  it('takes pieces cut anywhere, even inside a character', async () => {
    const content = ndjson(newEmployers(2))
    async function* pieces() {
      for (let at = 0; at < content.length; at += 7) yield content.subarray(at, at + 7)
    }
    const { id } = await createImport(ctx, officer, {
      target: 'employers',
      lines: pieces(),
      idempotencyKey: `key-${++lastKey}`,
      fingerprint: 'f',
    })
    await runImport(ctx, id)
    expect(await readImport(ctx, officer, id)).toMatchObject({ state: 'done', rows: { total: 2, done: 2, failed: 0 }, progress: 1 })
  })

  it('answers a repeated key with the same import, another request under it with a refusal', async () => {
    const content = ndjson(newEmployers(1))
    const first = await create(content, { key: 'once', fingerprint: 'one' })
    expect(await create(content, { key: 'once', fingerprint: 'one' })).toEqual({ ...first, repeated: true })
    await expect(create(content, { key: 'once', fingerprint: 'two' })).rejects.toEqual(refusal('idempotency-key-reused'))
    const other = await create(content, { key: 'once', fingerprint: 'two', caller: otherOfficer })
    expect(other.id).not.toBe(first.id)
  })

  it('makes one import of several requests at once', async () => {
    const content = ndjson(newEmployers(200))
    const settled = await Promise.allSettled(Array.from({ length: 5 }, async () => await create(content, { key: 'at-once' })))
    const ids = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value.id] : []))
    expect(new Set(ids).size).toBe(1)
    for (const one of settled) if (one.status === 'rejected') expect(one.reason).toEqual(refusal('idempotency-key-busy'))
  })

  it('refuses what it cannot keep, and keeps nothing of it', async () => {
    const count = async () =>
      Number(
        (
          await ctx.db
            .selectFrom('imports')
            .select(({ fn }) => fn.countAll().as('n'))
            .executeTakeFirstOrThrow()
        ).n,
      )
    const before = await count()
    await expect(create(Buffer.from(' \n\n'))).rejects.toEqual(refusal('malformed-request'))
    await expect(create(ndjson([1]), { target: 'insurance-transfer' })).rejects.toMatchObject({
      code: 'malformed-request',
      errors: [{ pointer: '/target', code: 'unknown-target' }],
    })
    await expect(create(Buffer.alloc(MAX_IMPORT_BYTES + 1, '\n'))).rejects.toEqual(refusal('too-large'))
    await expect(create(Buffer.from('1\n'.repeat(MAX_IMPORT_ROWS + 1)))).rejects.toEqual(refusal('too-large'))
    await expect(create(ndjson([1]), { caller: operator })).rejects.toEqual(refusal('role-not-allowed'))
    expect(await count()).toBe(before)
    expect(importTargets(ctx)).toEqual([...ctx.registers.map(({ name }) => name), 'violation-notice'])
  })

  it('is nobody else’s to read', async () => {
    const { id } = await create(ndjson(newEmployers(1)))
    await expect(readImport(ctx, otherOfficer, id)).rejects.toEqual(refusal('not-found'))
    await expect(listImportErrors(ctx, otherOfficer, id, { limit: 1 })).rejects.toEqual(refusal('not-found'))
    await expect(readImport(ctx, operator, id)).rejects.toEqual(refusal('role-not-allowed'))
    await expect(readImport(ctx, officer, 'not-an-id')).rejects.toEqual(refusal('not-found'))
  })
})

describe('an import into a register', () => {
  it('writes the records, erases the bodies and leaves nothing personal behind', async () => {
    const [first, second] = newEmployers(2) as [ReturnType<typeof employerRecord>, ReturnType<typeof employerRecord>]
    const { id } = await create(
      ndjson([
        first,
        second,
        { ...first, name: '后来的名称' },
        { ...second, legalRepresentative: 7, [canaryName]: first.uscc, [first.uscc]: 1 },
      ]),
    )
    await runImport(ctx, id)
    expect(await readImport(ctx, officer, id)).toMatchObject({
      state: 'done',
      rows: { total: 4, done: 3, failed: 1 },
      progress: 1,
      finishedAt: expect.any(String),
    })
    expect((await readRecord(ctx, officer, 'employers', first.uscc)).record?.data).toEqual({ ...first, name: '后来的名称' })
    expect((await readRecord(ctx, officer, 'employers', second.uscc)).record?.data).toEqual(second)
    expect((await listImportResults(ctx, officer, id, { limit: 2 })).next).toBe(2)
    expect((await listImportResults(ctx, officer, id, { limit: 2, after: 2 })).items).toEqual([{ line: 3, caseNumber: null }])
    const [failed] = await errorsOf(id)
    expect(failed).toMatchObject({ line: 4, code: 'malformed-request' })
    expect(failed?.errors.map(({ pointer, code }) => [pointer, code])).toEqual([
      ['/legalRepresentative', 'invalid-type'],
      ['', 'unrecognized-key'],
      ['', 'unrecognized-key'],
    ])
    const rows = await rowsOf(id)
    expect(rows.map(({ body }) => body)).toEqual([null, null, null, null])
    const kept = JSON.stringify([
      rows,
      await ctx.db.selectFrom('audit').selectAll().execute(),
      await ctx.db.selectFrom('imports').selectAll().execute(),
    ])
    for (const personal of [first.uscc, second.uscc, canaryName, first.name]) expect(kept + node.lines.join('')).not.toContain(personal)
  })

  it('judges each malformed row on its own and counts empty lines', async () => {
    const [good] = newEmployers(1)
    const content = Buffer.concat([
      Buffer.from('\n\r\n'),
      Buffer.from([0x22, 0xc3, 0x28, 0x22, 0x0a]),
      Buffer.from('{"uscc":"1","uscc":"2"}\n'),
      Buffer.from(`"${'x'.repeat(MAX_LINE_BYTES)}"\n`),
      Buffer.from('{"uscc":\n'),
      Buffer.from('"\0"\n'),
      Buffer.from('"\\ud800"\n'),
      Buffer.from(`${'['.repeat(33)}${']'.repeat(33)}\n`),
      Buffer.from('12345678901234567890\n'),
      Buffer.from('{}\n'),
      Buffer.from(`${JSON.stringify(good)}\r\n`),
    ])
    const { id, rows } = await create(content)
    expect(rows).toBe(10)
    await runImport(ctx, id)
    expect(await readImport(ctx, officer, id)).toMatchObject({ state: 'done', rows: { total: 10, done: 1, failed: 9 } })
    expect((await errorsOf(id)).map(({ line, code, errors }) => [line, code, errors[0]?.code])).toEqual([
      [3, 'malformed-json', 'utf8'],
      [4, 'malformed-json', 'duplicate-member'],
      [5, 'too-large', 'too-large'],
      [6, 'malformed-json', 'syntax'],
      [7, 'malformed-json', 'nul'],
      [8, 'malformed-json', 'surrogate'],
      [9, 'malformed-json', 'depth'],
      [10, 'malformed-json', 'number'],
      [11, 'malformed-request', 'required'],
    ])
    for (const { errors } of await errorsOf(id))
      for (const { zh, en } of errors) expect([zh.length, en.length].every((length) => length > 0)).toBe(true)
  })

  it('does not overwrite what another agency wrote', async () => {
    const [theirs, mine] = newEmployers(2) as [ReturnType<typeof employerRecord>, ReturnType<typeof employerRecord>]
    await putRecord(ctx, otherOfficer, 'employers', theirs.uscc, theirs)
    const { id } = await create(ndjson([{ ...theirs, name: '他人' }, mine]))
    await runImport(ctx, id)
    expect((await errorsOf(id)).map(({ line, code }) => [line, code])).toEqual([[1, 'agency-not-allowed']])
    expect((await readRecord(ctx, otherOfficer, 'employers', theirs.uscc)).record).toMatchObject({ data: theirs, version: 1 })
    expect((await readRecord(ctx, officer, 'employers', mine.uscc)).record).toMatchObject({ data: mine, version: 1 })
  })

  it('takes 10,000 rows', async () => {
    const content = ndjson(newEmployers(10_000))
    const started = performance.now()
    const { id } = await create(content)
    const kept = performance.now()
    await runImport(ctx, id)
    const done = performance.now()
    expect(await readImport(ctx, officer, id)).toMatchObject({ state: 'done', rows: { total: 10_000, done: 10_000, failed: 0 } })
    console.info(
      `10,000 records: kept in ${Math.round(kept - started)} ms, written in ${Math.round(done - kept)} ms (${Math.round(10_000_000 / (done - kept))} a second)`,
    )
  })

  it('gives up one row that always fails, and takes the others', async () => {
    const [good, poison, after] = newEmployers(3) as [
      ReturnType<typeof employerRecord>,
      ReturnType<typeof employerRecord>,
      ReturnType<typeof employerRecord>,
    ]
    const broken: Register = {
      ...employers,
      lookups: (data: { uscc: string }) => {
        if (data.uscc === poison.uscc) throw new Error(`cannot look up ${canaryName}`)
        return employers.lookups(data as never)
      },
    }
    const withBroken = { ...ctx, registers: [broken] }
    const { id } = await create(ndjson([good, poison, after]))
    for (let attempt = 1; attempt < 5; attempt++) {
      await expect(runImport(withBroken, id)).rejects.toEqual(refusal('unavailable'))
      expect(await readImport(ctx, officer, id)).toMatchObject({ state: 'running', rows: { total: 3, done: 2, failed: 0 } })
      expect(await importsToResume(ctx.db)).toContain(id)
    }
    await runImport(withBroken, id)
    expect(await readImport(ctx, officer, id)).toMatchObject({ state: 'done', rows: { total: 3, done: 2, failed: 1 } })
    expect((await errorsOf(id)).map(({ line, code }) => [line, code])).toEqual([[2, 'internal']])
    expect((await readRecord(ctx, officer, 'employers', good.uscc)).record?.version).toBe(1)
    expect(JSON.stringify(await rowsOf(id)) + node.lines.join('')).not.toContain(canaryName)
  })
})

describe('an import of notices', () => {
  it('opens a case for each row and says which rows were not taken', async () => {
    const good = [noticeBody('第一件：拖欠工资。'), noticeBody('第二件：拖欠工资。')]
    const { to: _to, ...withoutRecipient } = noticeBody('无接收机构')
    const bad = [
      { ...noticeBody('未知机构'), to: '999999-0001' },
      withoutRecipient,
      { ...noticeBody('目的不符'), purpose: 'curiosity' },
      { ...noticeBody('他机构'), from: '500109-0001' },
    ]
    const { id } = await create(ndjson([...good, ...bad]), { target: 'violation-notice' })
    await runImport(ctx, id)
    expect(await readImport(ctx, officer, id)).toMatchObject({ state: 'done', rows: { total: 6, done: 2, failed: 4 } })
    const { items } = await listImportResults(ctx, officer, id, { limit: 10 })
    expect(items.map(({ line }) => line)).toEqual([1, 2])
    const numbers = items.map(({ caseNumber }) => caseNumber as string)
    expect(new Set(numbers).size).toBe(2)
    const cases = await ctx.db.selectFrom('cases').select(['case_number', 'agency', 'state']).where('case_number', 'in', numbers).execute()
    expect(cases.map(({ agency, state }) => [agency, state])).toEqual([
      ['500000-0001', 'notified'],
      ['500000-0001', 'notified'],
    ])
    expect((await errorsOf(id)).map(({ line, code, errors }) => [line, code, errors[0]?.pointer])).toEqual([
      [3, 'recipient-unknown', ''],
      [4, 'invalid-document', '/to'],
      [5, 'invalid-document', '/purpose'],
      [6, 'agency-not-allowed', ''],
    ])
  })
})

describe('an import that was interrupted', () => {
  const program = fileURLToPath(new URL('run-import-process.ts', import.meta.url))

  /** Starts the import in a process of its own and kills that once `rows` rows are done. */
  async function killAfter(id: string, rows: number): Promise<void> {
    const child = spawn(process.execPath, [program, database.url, id], { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = once(child, 'exit')
    while ((await readImport(ctx, officer, id)).rows.done < rows) {
      expect(child.exitCode).toBeNull()
      await sleep(2)
    }
    expect(await importsToResume(ctx.db)).not.toContain(id)
    child.kill('SIGKILL')
    expect((await ended)[1]).toBe('SIGKILL')
    // The server notices the closed connection a moment later.
    await expect.poll(async () => await importsToResume(ctx.db), { timeout: 10_000 }).toContain(id)
  }

  it('goes on after its process was killed, and opens each case once', async () => {
    const count = 150
    const marks = Array.from({ length: count }, (_, n) => `中断的导入第${n}件`)
    const { id } = await create(ndjson(marks.map(noticeBody)), { target: 'violation-notice' })
    const casesBefore = await countCases()
    await killAfter(id, 20)
    const { rows } = await readImport(ctx, officer, id)
    expect(rows.done).toBeLessThan(count)
    await runImport(ctx, id)
    expect(await readImport(ctx, officer, id)).toMatchObject({ state: 'done', rows: { total: count, done: count, failed: 0 } })
    expect((await countCases()) - casesBefore).toBe(count)
    const results = await ctx.db.selectFrom('import_rows').select('result').where('import_id', '=', id).execute()
    expect(new Set(results.map(({ result }) => result)).size).toBe(count)
    expect(await importsToResume(ctx.db)).not.toContain(id)
  })

  it('writes each record of a register once', async () => {
    const records = newEmployers(4_000)
    const { id } = await create(ndjson(records))
    await killAfter(id, 500)
    await runImport(ctx, id)
    expect(await readImport(ctx, officer, id)).toMatchObject({ state: 'done', rows: { total: 4_000, done: 4_000, failed: 0 } })
    const versions = await ctx.db
      .selectFrom('register_records')
      .select(({ fn }) => [fn.max('version').as('max'), fn.countAll().as('n')])
      .where('register', '=', 'employers')
      .where('updated_at', '>=', new Date((await readImport(ctx, officer, id)).createdAt))
      .executeTakeFirstOrThrow()
    expect(versions).toEqual({ max: 1, n: '4000' })
  })

  it('is run by one runner at a time', async () => {
    const { id } = await create(ndjson(newEmployers(2)))
    const held = await asOnlyRunner(ctx.db, id, async () => {
      expect(await importsToResume(ctx.db)).not.toContain(id)
      await runImport(ctx, id)
      expect(await readImport(ctx, officer, id)).toMatchObject({ state: 'queued', rows: { done: 0 } })
    })
    expect(held).toBe(true)
    await Promise.all([runImport(ctx, id), runImport(ctx, id), runImport(ctx, id)])
    expect(await readImport(ctx, officer, id)).toMatchObject({ state: 'done', rows: { done: 2, failed: 0 } })
    await runImport(ctx, id)
    expect((await readRecord(ctx, officer, 'employers', usccOf(lastEmployer))).record?.version).toBe(1)
  })

  async function countCases(): Promise<number> {
    return Number(
      (
        await ctx.db
          .selectFrom('cases')
          .select(({ fn }) => fn.countAll().as('n'))
          .executeTakeFirstOrThrow()
      ).n,
    )
  }
})
