import { certificateRecognition, insuranceTransfer, registers, violationNotice } from '@hefu/procedures'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type ApiAnswer, type ApiClient, type Json, listOf, TestNetwork } from '../../src/index.ts'
import { registerExample } from '../faults/bodies.ts'
import { exampleData, openCase, openTasks, type PlayedCase } from './play.ts'

/**
 * Every route of the OpenAPI document × every role × own and another agency × with and without a purpose, at a node that holds something at
 * each address. A route whose address this test cannot fill fails it, and so does one that shows what no line here says it shows.
 */
const [there, here, own, other] = ['510100', '500000', '500000-0001', '500103-0001'] as const
const roles = ['officer', 'operator', 'security', 'auditor'] as const
type Role = (typeof roles)[number]

interface Operation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly roles: readonly string[]
  /** The first example of its body. */
  readonly example: unknown
}

let net: TestNetwork
let operations: Operation[]
let held: Readonly<Record<string, string>>
let cases: Readonly<Record<string, PlayedCase>>
/** Personal data that this node holds, whole. */
const canaries = new Set<string>()

beforeAll(async () => {
  net = await TestNetwork.create([there, here])
  const { body } = await net.node(here).as(null).get('/docs/json')
  operations = Object.entries(body.paths as Json)
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        method: method.toUpperCase() as Operation['method'],
        path,
        roles: listOf(operation['x-hefu-roles'] ?? ([] as never)).map(String),
        example: Object.values(operation.requestBody?.content?.['application/json']?.examples ?? {})[0]?.value ?? {},
      })),
    )
    .filter(({ path }) => path.startsWith('/v1/'))
  for (const { name } of registers) {
    const { path, body: record } = registerExample(name)
    remember(record)
    expect([name, (await officer().put(path, record)).status]).toEqual([name, 201])
  }
  cases = await playCases()
  held = await findHeld()
})
afterAll(async () => await net?.[Symbol.asyncDispose]())

const officer = (agency?: string) => net.node(here).as('officer', agency)
const as = (role: Role, agency?: string): ApiClient => net.node(here).as(role, agency)

function remember(data: unknown): void {
  if (typeof data !== 'object' || data === null) return
  for (const [name, value] of Object.entries(data)) {
    if (name === 'idNumber' && typeof value === 'string') canaries.add(value)
    else remember(value)
  }
}

/** A case of each procedure, all with this node: a letter that leads to a draft here, a request, a notice. */
async function playCases(): Promise<Record<string, PlayedCase>> {
  const letter = exampleData<{ person: object }>(insuranceTransfer, 'contact-letter')
  // Of somebody in the register here, and for a temporary account: so the form is drafted from the register, for an officer.
  const { person } = registerExample('insured-persons').body as unknown as { person: object }
  const temporary = { ...letter, accountKind: 'temporary', person: { ...letter.person, ...pick(person, 'name', 'idNumber') } }
  const data = {
    'violation-notices': [violationNotice, exampleData(violationNotice, 'notice')],
    'insurance-transfers': [insuranceTransfer, temporary],
    'certificate-recognitions': [certificateRecognition, exampleData(certificateRecognition, 'request')],
  } as const
  const played: Record<string, PlayedCase> = {}
  for (const [path, [procedure, document]] of Object.entries(data)) {
    remember(document)
    played[path] = await openCase(net, procedure, there, here, document)
  }
  await net.settle()
  return played
}

function pick(from: object, ...names: string[]): object {
  return Object.fromEntries(Object.entries(from).filter(([name]) => names.includes(name)))
}

/** What stands at each kind of address. */
async function findHeld(): Promise<Record<string, string>> {
  const idOf = async (client: ApiClient, path: string) => String((await client.all(path))[0]?.id)
  const caseNumber = cases['insurance-transfers']?.caseNumber ?? ''
  const documents = await officer().all(`/v1/cases/${caseNumber}/documents`)
  const imported = await officer().post('/v1/imports?target=insured-persons', '{"person":1}\n', {
    headers: { 'content-type': 'application/x-ndjson' },
  })
  expect(imported.status).toBe(202)
  const compared = await as('operator').post('/v1/reconciliations', { peer: there, from: '2026-11-01', to: '2026-11-30' })
  const rewrap = await as('operator').post('/v1/vault/rewraps', {})
  const receipts = await as('auditor').all('/v1/receipts')
  await net.settle()
  // A tile and a bundle exist once the log has so many entries; until then their partial forms do.
  const { body: checkpoint } = await as('auditor').get('/v1/exchange-log/checkpoint')
  const partial = Number(checkpoint.size ?? 1) % 256
  return {
    '/v1/cases/{caseNumber}': caseNumber,
    '/documents/{id}': String(documents[0]?.id),
    '/v1/tasks/{id}': String((await openTasks(officer(), caseNumber)).find(({ draft }) => draft !== null)?.id),
    '/v1/imports/{id}': String(imported.body.id),
    '/v1/deliveries/{id}': await idOf(as('operator'), '/v1/deliveries'),
    '/v1/reconciliations/{id}': String(compared.body.id),
    '/v1/vault/rewraps/{id}': String(rewrap.body.id),
    '/v1/alerts/{id}': 'none',
    ...Object.fromEntries(registers.map(({ name }) => [`/v1/registers/${name}/{id}`, registerExample(name).path.split('/').at(-1) ?? ''])),
    '{region}': there,
    '{client}': 'sandbox-officer',
    '{kid}': 'A'.repeat(43),
    '{index}': '0',
    '{digest}': String(receipts[0]?.digest),
    '/tiles/{tile}': `0/000.p/${partial}`,
    '/bundles/{tile}': `000.p/${partial}`,
  }
}

/** The address of an operation at this node, every parameter filled with what is there. */
function addressOf({ path }: Pick<Operation, 'path'>): string {
  const [, , first = ''] = path.split('/')
  const played = cases[first]
  let address = played === undefined ? path : path.replace('{caseNumber}', played.caseNumber)
  address = address.replace('/v1/cases/{caseNumber}', `/v1/cases/${held['/v1/cases/{caseNumber}']}`)
  for (const [kind, value] of Object.entries(held)) {
    if (kind.startsWith('{')) address = address.replace(kind, value)
    else if (address.includes(kind)) address = address.replace(kind, kind.replace(/\{\w+\}/, value))
  }
  if (address.includes('{')) throw new Error(`nothing is held at ${path}: say here what is`)
  return address + (required[path] ?? '')
}

const required: Readonly<Record<string, string>> = {
  '/v1/exchange-log/consistency': '?from=1&to=2',
  '/v1/exchange-log/reads': `?owner=${here}`,
}

const purposeFor = (path: string): Record<string, string> => {
  const [, , first = ''] = path.split('/')
  const procedure = cases[first]?.procedure ?? insuranceTransfer
  return { 'hefu-purpose': String(procedure.purposes[0]?.code), 'hefu-affair': 'A-2026-7' }
}
const unsaid = { 'hefu-purpose': '', 'hefu-affair': '' }

/** What an officer of the agency sees whole with a purpose; everything else never holds a whole identity number. */
const shown = new Set([
  '/v1/cases/{caseNumber}/documents/{id}',
  '/v1/tasks/{id}',
  '/v1/registers/certificates/{id}',
  '/v1/registers/insured-persons/{id}',
])
/** Of no agency in particular: of the whole region, or of the caller alone. */
const ofNoAgency = (path: string) => /^\/v1\/(agreements|exchange-log|settlement-entries|subject-access)/.test(path)
const isList = (path: string) => !path.includes('{')

const holdsCanary = async (answer: ApiAnswer) => [...canaries].some((one) => JSON.stringify(answer.body).includes(one))

it('holds something at every address, or says why not', () => {
  expect(canaries.size).toBeGreaterThanOrEqual(1)
  for (const operation of operations) expect(addressOf(operation)).not.toContain('undefined')
})

it('reads: each role, each agency, with and without a purpose', async () => {
  const seen = new Set<string>()
  for (const operation of operations.filter(({ method }) => method === 'GET')) {
    const { path } = operation
    const address = addressOf(operation)
    for (const role of roles)
      for (const agency of role === 'officer' ? [own, other] : [own])
        for (const headers of [unsaid, purposeFor(path)]) {
          const answer = await as(role, agency).get(address, { headers })
          const stated = headers['hefu-purpose'] !== ''
          const what = [path, role, agency, stated ? 'with a purpose' : 'without']
          if (!operation.roles.includes(role))
            expect([...what, answer.status, answer.body.code]).toEqual([...what, 403, 'role-not-allowed'])
          else if (role !== 'officer' || agency === own || ofNoAgency(path)) expect([...what, answer.status]).toEqual([...what, 200])
          else if (isList(path)) expect([...what, answer.status, answer.body.items]).toEqual([...what, 200, []])
          else expect([...what, answer.status, answer.body.code]).toEqual([...what, 404, 'not-found'])
          const whole = await holdsCanary(answer)
          if (whole) seen.add(path)
          expect([...what, whole]).toEqual([...what, whole && role === 'officer' && agency === own && stated && shown.has(path)])
        }
  }
  // With everything in order it is there to be read: else the lines above would prove nothing.
  expect([...seen].toSorted()).toEqual([...shown].toSorted())
})

it('writes: another role is refused by its rule; another agency finds nothing there, and nothing changes', async () => {
  const states = async () =>
    await Promise.all(Object.values(cases).map(async ({ caseNumber }) => (await officer().get(`/v1/cases/${caseNumber}`)).body))
  const before = await states()
  for (const operation of operations.filter(({ method }) => method !== 'GET')) {
    const { path, method } = operation
    const address = addressOf(operation)
    const send = async (role: Role, agency: string, headers: Record<string, string>) => {
      const response = await fetch(new URL(address, net.node(here).node.api ?? ''), {
        method,
        headers: {
          authorization: `Bearer ${role === 'officer' && agency === other ? await otherToken() : await net.node(here).token(role)}`,
          'content-type': 'application/json',
          'idempotency-key': crypto.randomUUID(),
          'if-match': '"1"',
          ...headers,
        },
        ...(method === 'DELETE' ? {} : { body: JSON.stringify(operation.example) }),
      })
      const text = await response.text()
      return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Json }
    }
    for (const role of roles.filter((one) => !operation.roles.includes(one)))
      for (const headers of [unsaid, purposeFor(path)]) {
        const { status, body } = await send(role, own, headers)
        expect([method, path, role, status, body.code]).toEqual([method, path, role, 403, 'role-not-allowed'])
      }
    if (!operation.roles.includes('officer') || ofNoAgency(path) || isList(path)) continue
    for (const headers of [unsaid, purposeFor(path)]) {
      const { status, body } = await send('officer', other, headers)
      // A key that another agency of the region has taken cannot be written under: that much it learns.
      const refusal = path.startsWith('/v1/registers/') ? [403, 'agency-not-allowed'] : [404, 'not-found']
      expect([method, path, status, body.code]).toEqual([method, path, ...refusal])
    }
  }
  await net.settle()
  expect(await states()).toEqual(before)
})

let token: Promise<string> | undefined
/** Of the officer that `as` enrolled for the other agency. */
function otherToken(): Promise<string> {
  token ??= net.node(here).token('officer', other)
  return token
}
