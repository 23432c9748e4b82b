import type { MessageClaims, SignedMessage } from '@hefu/protocol'
import type { CaseNumber } from '@hefu/reference'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listOf, type NetworkOptions, TestNetwork } from '../../src/index.ts'
import { chengdu, chongqing, correction, recognitionRequest } from './bodies.ts'
import { newCase, postMany, signedNotice } from './craft.ts'
import { query } from './observe.ts'

/**
 * Chengdu signs two documents that start one case: what a node does whose restored backup knew nothing of the first, or a peer that
 * wants two agencies to believe two things. Both count the one with the smaller digest, whichever came first.
 */
let net: TestNetwork
beforeAll(async () => {
  const newer: NonNullable<NetworkOptions['agreements']> = (usual, region) =>
    region === chengdu ? usual : [...usual, ...usual.map((one) => ({ ...one, version: 2, deadlineRules: 2 }))]
  net = await TestNetwork.create([chengdu, chongqing], { agreements: newer })
})
afterAll(async () => await net?.[Symbol.asyncDispose]())

/** Two agencies of Chongqing, and two of Chengdu. */
const agencies = { to: [`${chongqing}-0001`, '500103-0001'], from: [`${chengdu}-0001`, '510104-0001'] } as const
type Start = SignedMessage & { readonly claims: MessageClaims }

/** The smaller digest first; `first` of the agencies is the addressee of the one that counts. */
async function twoStarts(caseNumber: CaseNumber, first: 0 | 1, claims: Partial<MessageClaims>): Promise<[Start, Start]> {
  const { signer } = net.node(chengdu)
  const signed = async (at: 0 | 1) =>
    await signedNotice(signer, {
      case: caseNumber,
      iat: Math.floor(Date.now() / 1000) - 40 * at,
      ...claims,
      to: agencies.to[at] as MessageClaims['to'],
      from: agencies.from[at] as MessageClaims['from'],
      agreement: `${agreementOf(claims)}/${at + 1}`,
    })
  for (;;) {
    const [one, other] = [await signed(first), await signed(first === 0 ? 1 : 0)]
    if (one.digest < other.digest) return [one, other]
  }
}
const agreementOf = ({ procedure = 'violation-notice/1' }: Partial<MessageClaims>) => `${procedure.split('/')[0]}-2026`

async function deliver(...requests: (readonly { readonly token: string }[])[]): Promise<void> {
  for (const request of requests) {
    const { json } = await postMany(
      net.node(chongqing).node.exchange ?? '',
      request.map(({ token }) => token),
    )
    expect(listOf(json.messages).map(({ status }) => status)).toEqual(request.map(() => 'accepted'))
    await net.settle()
  }
}

/** Chongqing's case is that of this start, for one agency and not for the other. */
async function expectGovernedBy(
  start: Start,
  other: Start,
  expected: { readonly standings: Record<string, string>; readonly tasks: readonly string[] },
) {
  const node = net.node(chongqing)
  const { case: caseNumber } = start.claims
  const [officer, wrong] = [start, other].map(({ claims }) => node.as('officer', claims.to)) as [
    ReturnType<typeof node.as>,
    ReturnType<typeof node.as>,
  ]
  const read = await officer.get(`/v1/cases/${caseNumber}`)
  expect(read.status).toBe(200)
  expect(read.body).toMatchObject({ agency: start.claims.to, agreement: start.claims.agreement })
  expect(listOf(read.body.participants).map(({ region, agency }) => `${region} ${agency}`)).toEqual([
    `${chengdu} ${start.claims.from}`,
    `${chongqing} ${start.claims.to}`,
  ])
  expect(Object.fromEntries(listOf(read.body.documents).map(({ digest, standing }) => [digest, standing]))).toEqual(expected.standings)
  // Under rules of which the procedure has none, nothing is due.
  const isDue = start.claims.agreement.endsWith('/1')
  expect(listOf(read.body.deadlines)).toHaveLength(isDue ? 1 : 0)
  expect((await officer.all('/v1/cases?limit=200')).filter((one) => String(one.caseNumber) === caseNumber)).toMatchObject([
    { due: isDue ? expect.any(String) : null },
  ])
  expect((await officer.all(`/v1/tasks?state=open&case=${caseNumber}`)).map(({ document }) => document)).toEqual(expected.tasks)

  expect((await wrong.get(`/v1/cases/${caseNumber}`)).status).toBe(404)
  expect((await wrong.all('/v1/cases?limit=200')).map((one) => one.caseNumber)).not.toContain(caseNumber)
  expect(await wrong.all(`/v1/tasks?case=${caseNumber}`)).toEqual([])

  const [row] = await query<object>(
    node.databaseUrl,
    'select agency, agreement, deadline_rules, extract(epoch from opened_at)::int as opened from cases where case_number = $1',
    [caseNumber],
  )
  const { to: agency, agreement, iat: opened } = start.claims
  expect(row).toEqual({ agency, agreement, deadline_rules: Number(agreement.slice(-1)), opened })
}

const forkAlerts = async (caseNumber: string) =>
  (await net.node(chongqing).as('operator').all('/v1/alerts?limit=200')).filter(
    (alert) => String(alert.kind) === 'case.fork' && String(alert.caseNumber) === caseNumber,
  )

const request = {
  procedure: 'certificate-recognition/1',
  document: 'request',
  purpose: recognitionRequest.purpose,
  data: recognitionRequest.data,
} as Partial<MessageClaims>

describe.each([
  ['a notice, which is applied as it is accepted', {}, 'VN', ['filing']],
  ['a request, which asks a register', request, 'CR', ['verification']],
] as const)('%s', (_, claims, code, tasks) => {
  describe.each([0, 1] as const)('for agency %i, then the other', (first) => {
    it.each([
      ['the effective one first, in one request', 1, false],
      ['the effective one last, in one request', 1, true],
      ['the effective one first, in two requests', 2, false],
      ['the effective one last, in two requests', 2, true],
    ] as const)('%s', async (_name, requests, effectiveLast) => {
      const caseNumber = newCase(chengdu, code)
      const [start, other] = await twoStarts(caseNumber, first, claims)
      const inOrder = effectiveLast ? [other, start] : [start, other]
      await deliver(...(requests === 1 ? [inOrder] : inOrder.map((one) => [one])))
      await expectGovernedBy(start, other, { standings: { [start.digest]: 'effective', [other.digest]: 'void' }, tasks })
      expect(await forkAlerts(caseNumber)).toMatchObject([{ detail: { digests: [start.digest, other.digest] } }])
    })
  })
})

it('what was asked of one agency after the first of them is asked of the other once the second one governs', async () => {
  const caseNumber = newCase()
  const [start, other] = await twoStarts(caseNumber, 1, {})
  const { to, from, agreement } = other.claims
  const corrected = {
    case: caseNumber,
    document: 'correction',
    seen: [other.digest],
    data: correction.data as MessageClaims['data'],
    to,
    from,
    agreement,
  }
  const later = await signedNotice(net.node(chengdu).signer, corrected)
  await deliver([other], [later])
  const wrong = net.node(chongqing).as('officer', to)
  expect((await wrong.all(`/v1/tasks?state=open&case=${caseNumber}`)).map(({ digest }) => digest)).toEqual([later.digest])
  await deliver([start])
  await expectGovernedBy(start, other, {
    standings: { [start.digest]: 'effective', [other.digest]: 'void', [later.digest]: 'effective' },
    tasks: ['filing'],
  })
})
