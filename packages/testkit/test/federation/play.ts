import type { Procedure } from '@hefu/procedures'
import { addWorkingDays, shanghaiDate } from '@hefu/reference'
import { sql } from 'kysely'
import { expect } from 'vitest'
import type { TestNetwork } from '../../src/index.ts'
import { type ApiAnswer, type ApiClient, type Json, listOf, purposeOf } from '../../src/index.ts'

/** A case between two regions, as a test plays it: over HTTP, as the officers of both sides. */
export interface PlayedCase {
  readonly procedure: Procedure
  readonly caseNumber: string
  readonly owner: string
  readonly other: string
}

export const body = (procedure: Procedure, data: unknown) => ({
  purpose: procedure.purposes[0]?.code,
  basis: '川渝人力资源和社会保障合作协议',
  data,
})

/** Data of a document's n-th example. */
export function exampleData<Data>(procedure: Procedure, document: string, at = 0): Data {
  const example = procedure.documents[document]?.examples[at]
  if (example === undefined) throw new Error(`${document} has no example ${at}`)
  return example.body.data as Data
}

export async function openCase(net: TestNetwork, procedure: Procedure, owner: string, other: string, data: unknown): Promise<PlayedCase> {
  const answer = await net
    .node(owner)
    .as('officer')
    .post(`/v1/${procedure.path}`, { ...body(procedure, data), to: `${other}-0001` })
  expect(answer.body).toMatchObject({ procedure: procedure.name })
  expect(answer.status).toBe(201)
  return { procedure, caseNumber: String(answer.body.caseNumber), owner, other }
}

/** Tries to write a document with the ETag just read. */
export async function tryDocument(
  net: TestNetwork,
  played: PlayedCase,
  region: string,
  document: string,
  data: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<ApiAnswer> {
  const officer = net.node(region).as('officer')
  const path = `/v1/${played.procedure.path}/${played.caseNumber}`
  const ifMatch = (await officer.get(path)).headers.get('etag') ?? ''
  return await officer.post(`${path}/${document}`, body(played.procedure, data), { ifMatch, headers })
}

/** Writes a document, expects it to be taken, and lets everything settle. Answers its digest. */
export async function addDocument(net: TestNetwork, played: PlayedCase, region: string, document: string, data: unknown): Promise<string> {
  const answer = await tryDocument(net, played, region, document, data)
  expect(answer.body).toMatchObject({ document: { document, by: region } })
  expect(answer.status).toBe(201)
  await net.settle()
  return String(answer.body.document?.digest)
}

export async function readCase(net: TestNetwork, played: PlayedCase, region: string): Promise<Json> {
  const answer = await net.node(region).as('officer').get(`/v1/cases/${played.caseNumber}`)
  expect(answer.status).toBe(200)
  return answer.body
}

export interface Expected {
  readonly state: string
  readonly ball: string | null
  readonly final?: true
  readonly effectiveUntil?: string | null
  /** Rule, working days, and the document whose receipt (or issue) starts the clock; the latest effective one of its kind. */
  readonly deadlines?: readonly { readonly rule: string; readonly days: number; readonly from: string; readonly event?: 'issued' }[]
  /** Documents that each side may write now. */
  readonly owner: readonly string[]
  readonly counterparty: readonly string[]
  /** Reason codes other than the usual, by document. */
  readonly because?: Readonly<Record<string, string>>
}

/** Both nodes show this, and each its own side of it. */
export async function expectCase(net: TestNetwork, played: PlayedCase, expected: Expected): Promise<void> {
  const [own, other] = [await readCase(net, played, played.owner), await readCase(net, played, played.other)]
  const common = (one: Json) => ({
    state: one.state,
    ball: one.ballHolder,
    final: one.final,
    until: one.effectiveUntil,
    deadlines: one.deadlines,
  })
  expect(common(own)).toEqual({
    state: expected.state,
    ball: expected.ball,
    final: expected.final ?? false,
    until: expected.effectiveUntil ?? null,
    deadlines: (expected.deadlines ?? []).map((one) => dueOf(own, expected.ball, one)),
  })
  expect(common(other)).toEqual(common(own))
  expect(listOf(other.documents).map(withoutSide)).toEqual(listOf(own.documents).map(withoutSide))
  const { owner, counterparties } = played.procedure.roles
  expectNext(played.procedure, own, owner.role, expected.owner, expected)
  expectNext(played.procedure, other, counterparties[0]?.role ?? '', expected.counterparty, expected)
}

function withoutSide(document: Json): Json {
  expect(document.receivedAt).not.toBeNull()
  return document
}

function dueOf(one: Json, holder: string | null, { rule, days, from, event }: NonNullable<Expected['deadlines']>[number]) {
  const start = listOf(one.documents).findLast((d) => String(d.document) === from && String(d.standing) === 'effective')
  if (start === undefined) throw new Error(`the case has no effective ${from}`)
  const day = shanghaiDate(Date.parse(String(event === 'issued' ? start.issuedAt : start.receivedAt)))
  const { due, provisional } = addWorkingDays(day, days)
  return { rule, version: 1, holder, from: day, due, provisional }
}

/** `next` lists every document of the procedure; what is not allowed says why, in the caller's languages, with a stable code. */
function expectNext(procedure: Procedure, one: Json, role: string, allowed: readonly string[], expected: Expected): void {
  const next = listOf(one.next)
  expect(next.map((n) => n.document)).toEqual(Object.keys(procedure.documents))
  for (const entry of next) {
    const name = String(entry.document)
    const definition = procedure.documents[name]
    if (allowed.includes(name)) {
      expect(entry).toEqual({ document: name, by: role, allowed: true, ...(definition?.answers && { answers: expect.any(String) }) })
      continue
    }
    const usual =
      definition?.by !== role ? 'other-side' : definition.starts ? 'already-started' : expected.final ? 'case-final' : 'not-in-this-state'
    const code = definition?.by === role ? (expected.because?.[name] ?? usual) : usual
    expect(entry).toEqual({
      document: name,
      by: definition?.by,
      allowed: false,
      reasonCode: code,
      reason: expect.stringMatching(/\p{Script=Han}.* \/ .*[a-z]/u),
    })
  }
}

/** How many rows each table holds that a refused request must leave alone, on both sides of the link. */
export async function rowCounts(net: TestNetwork): Promise<Record<string, string>[]> {
  return await Promise.all(
    net.nodes.map(async ({ node }) => {
      const tables = ['cases', 'documents', 'outbox', 'inbox', 'effects', 'tasks', 'claims', 'events', 'idempotency']
      const counts = sql.join(tables.map((table) => sql`(select count(*) from ${sql.table(table)}) as ${sql.ref(table)}`))
      // An entry that was given its place meanwhile is still one; what the node says of itself, what was only read, and what
      // nobody could verify (once a minute) are no acts.
      const log = sql`(select count(*) from (select kind, entry from log_pending union all select kind, entry from log_entries) as e
        where kind not in ('heartbeat', 'node.started', 'node.stopped', 'access.read') and entry not like '%"reason":"unverifiable"%') as log`
      return (await sql<Record<string, string>>`select ${counts}, ${log}`.execute(node.ctx.db)).rows[0] ?? {}
    }),
  )
}

/** Each read by itself, with the usual purpose: a list shows drafts masked. */
export async function openTasks(client: ApiClient, caseNumber: string): Promise<Json[]> {
  const listed = await client.all(`/v1/tasks?state=open&case=${caseNumber}`)
  const headers = purposeOf(caseNumber)
  return await Promise.all(listed.map(async ({ id }) => (await client.get(`/v1/tasks/${id}`, { headers })).body))
}
