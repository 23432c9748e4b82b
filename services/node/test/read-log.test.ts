import { procedures, registers } from '@hefu/procedures'
import { type LogEntry, parseLogEntry } from '@hefu/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call, type Reply, startPair, type TestPair, until } from './node-pair.ts'

type Role = 'officer' | 'operator' | 'auditor'
interface Operation {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly roles: readonly Role[]
  readonly logged: boolean
}
type Described = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>

let pair: TestPair
let operations: Operation[]
let caseNumber: string
beforeAll(async () => {
  pair = await startPair()
  const { body } = await call(pair.chongqing, '/docs/json', { as: null })
  operations = Object.entries(body.paths as unknown as Described).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) => {
      const { operationId, 'x-hefu-roles': roles, 'x-hefu-read-logged': logged } = operation
      if (!path.startsWith('/v1/')) return []
      return [{ id: String(operationId), method: method.toUpperCase(), path, roles: roles as Role[], logged: logged === true }]
    }),
  )
  await fill()
})
afterAll(async () => await pair[Symbol.asyncDispose]())

/** A case of each procedure, a record in each register, and whatever follows from them at the receiver. */
async function fill(): Promise<void> {
  for (const { name, id, examples } of registers) {
    const data = examples[0]?.data as Record<string, unknown>
    expect((await call(pair.chongqing, `/v1/registers/${name}/${data[id]}`, { method: 'PUT', body: data })).status).toBe(201)
  }
  for (const procedure of procedures) {
    const body = Object.values(procedure.documents).find(({ starts }) => starts)?.examples[0]?.body
    const opened = await call(pair.chengdu, `/v1/${procedure.path}`, { body })
    expect(opened.status).toBe(201)
    caseNumber = opened.body.caseNumber
    await until(
      async () => await call(pair.chongqing, `/v1/cases/${opened.body.caseNumber}`),
      ({ status }) => status === 200,
    )
  }
  await until(
    async () => await call(pair.chongqing, '/v1/tasks'),
    ({ body }) => body.items.length > 0,
  )
  await until(
    async () => await call(pair.chongqing, '/v1/exchange-log/checkpoint', { as: 'auditor' }),
    ({ status, body }) => status === 200 && (body as unknown as { size: number }).size > 5,
  )
}

/** What must be declared, written down a second time. */
function mustBeLogged({ method, path }: Operation): boolean {
  if (path === '/v1/tasks/{id}/close' || path === '/v1/subject-access') return true
  if (method !== 'GET' || path === '/v1/exchange-log/state') return false
  const parts = ['cases', 'tasks', 'registers', 'receipts', 'settlement-entries', 'exchange-log', ...procedures.map((one) => one.path)]
  return parts.includes(path.split('/')[2] ?? '')
}

/** Every text of a document or record that is long enough to be told from codes, and the beginning of every entry of the log. */
const content = [...procedures.flatMap(({ documents }) => Object.values(documents)), ...registers].flatMap(({ examples }) =>
  examples.flatMap((example) => textsOf('body' in example ? (example.body as { data: unknown }).data : example.data)),
)
const entryTexts = ['"at":1', '\\"at\\":1']

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return /[\u4e00-\u9fff]{4}|\d{17}/.test(value) ? [value] : []
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : []
}

async function readsLogged(): Promise<Extract<LogEntry, { kind: 'access.read' }>[]> {
  const { db } = pair.chongqing.node.ctx
  const kind = 'access.read'
  // One statement: what is being moved into place is seen in exactly one of the two.
  const rows = await db
    .selectFrom('log_entries')
    .select(['entry', 'index as n'])
    .select(({ val }) => val(0).as('waits'))
    .where('kind', '=', kind)
    .unionAll(({ selectFrom }) =>
      selectFrom('log_pending')
        .select(['entry', 'id as n'])
        .select(({ val }) => val(1).as('waits'))
        .where('kind', '=', kind),
    )
    .orderBy('waits')
    .orderBy('n')
    .execute()
  return rows.flatMap(({ entry }) => {
    const parsed = parseLogEntry(Buffer.from(entry))
    if (!parsed.ok) throw new Error(`${parsed.code}: ${entry}`)
    return parsed.entry.kind === 'access.read' ? [parsed.entry] : []
  })
}

/** With ids that exist, wherever the list beside it shows one. */
async function addressOf({ path, roles }: Operation): Promise<string> {
  const as = roles[0] ?? 'officer'
  const [, , part, name] = path.split('/')
  const register = part === 'registers' ? registers.find((one) => one.name === name) : undefined
  if (register !== undefined) {
    const record = register.examples[0]?.data as Record<string, unknown> | undefined
    return path.replace('{id}', String(record?.[register.id]))
  }
  const procedure = procedures.find((one) => one.path === part)
  const list = procedure ? `/v1/${part}` : part === 'cases' ? `/v1/cases/${caseNumber}/documents` : `/v1/${part}`
  const items =
    path.includes('{') && part !== 'exchange-log' && part !== 'imports' ? ((await call(pair.chongqing, list, { as })).body.items ?? []) : []
  const item = items[0] as { id?: string; digest?: string; caseNumber?: string } | undefined
  return path
    .replace('{caseNumber}', procedure ? (item?.caseNumber ?? '') : caseNumber)
    .replace('{digest}', item?.digest ?? 'A'.repeat(43))
    .replace('{region}', '510100')
    .replace('{index}', '1')
    .replace('/tiles/{tile}', '/tiles/0/000.p/2')
    .replace('/bundles/{tile}', '/bundles/000.p/2')
    .replace('{id}', item?.id ?? '019aa000-0000-7000-8000-000000000000')
    .replace(/\/reads$/, '/reads?owner=500000')
    .replace(/\/consistency$/, '/consistency?from=1&to=2')
}

describe('reads', () => {
  it('are declared by the operations that show documents, registers or the log, and by no others', () => {
    expect(operations.length).toBeGreaterThan(60)
    for (const operation of operations) expect([operation.id, operation.logged]).toEqual([operation.id, mustBeLogged(operation)])
  })

  it('leave exactly one entry per answer; what leaves none shows nothing', { timeout: 120_000 }, async () => {
    expect(content.length).toBeGreaterThan(20)
    const shown = new Set<string>()
    for (const operation of operations.filter(({ method, path }) => method === 'GET' || path.endsWith('/close'))) {
      for (const as of operation.roles) {
        const address = await addressOf(operation)
        const before = (await readsLogged()).length
        const reply = await call(pair.chongqing, address, { as, method: operation.method })
        const logged = (await readsLogged()).slice(before)
        const expected = operation.logged && reply.status === 200 ? [{ what: operation.id, role: as, client: `sandbox-${as}` }] : []
        expect([operation.id, reply.status, logged]).toEqual([
          operation.id,
          reply.status,
          expected.map((one) => expect.objectContaining(one)),
        ])
        if (showsContent(reply)) {
          shown.add(operation.id)
          expect([operation.id, operation.logged]).toEqual([operation.id, true])
        }
        if (operation.logged) expect([operation.id, address, reply.status]).toEqual([operation.id, address, 200])
      }
    }
    // The search finds: these do show something.
    for (const id of [
      'read-case-document',
      'read-case-evidence',
      'read-certificates',
      'read-log-entry',
      'list-log-entries',
      'read-log-bundle',
    ])
      expect(shown).toContain(id)
  })

  it('are logged by the answer that was given, not by the question', async () => {
    const before = (await readsLogged()).length
    for (const [path, as] of [
      ['/v1/cases/510100-VN-20261122-7K3F9QX6', 'officer'],
      ['/v1/registers/certificates/none', 'officer'],
      [`/v1/cases/${caseNumber}`, 'operator'],
      ['/v1/exchange-log/entries?kind=nothing', 'auditor'],
      ['/v1/exchange-log/entries/999999999', 'auditor'],
      ['/v1/exchange-log/tiles/0/999', 'auditor'],
    ] as const)
      expect((await call(pair.chongqing, path, { as })).status).toBeGreaterThanOrEqual(400)
    expect(await readsLogged()).toHaveLength(before)
  })
})

function showsContent({ body }: Reply): boolean {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  // Signed messages carry their content as base64url.
  const decoded = [...text.matchAll(/[A-Za-z0-9_-]{200,}/g)].map(([part]) => Buffer.from(part, 'base64url').toString())
  return [text, ...decoded].some((one) => [...content, ...entryTexts].some((secret) => one.includes(secret)))
}
