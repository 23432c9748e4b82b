import { randomBytes } from 'node:crypto'
import { violationNotice } from '@hefu/procedures'
import { type Agreement, type MessageClaims, signMessage, uuidV7 } from '@hefu/protocol'
import { mintCaseNumber } from '@hefu/reference'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testDatabase } from '../../../testkit/src/postgres/test-database.ts'
import type { Context } from '../../src/context.ts'
import { acceptMessages } from '../../src/inbox/accept-messages.ts'
import { applyCases } from '../../src/inbox/apply-cases.ts'
import { noticeBody } from '../reconcile/halves.ts'
import { CHENGDU, CHONGQING, openTwoNodes, type TwoNodes } from '../reconcile/two-nodes.ts'

// Chengdu's key speaks here without Chengdu's node: it begins a case under one version, or agreement, and goes on under another.
const databases = { chengdu: testDatabase(), chongqing: testDatabase() }
let nodes: TwoNodes
let receiver: Context
beforeAll(async () => {
  nodes = await openTwoNodes({ chengdu: databases.chengdu.url, chongqing: databases.chongqing.url })
  const { federation } = nodes.chongqing
  const [agreement] = federation.agreements as readonly [Agreement]
  const further = [
    { ...agreement, id: 'second', version: 1, procedure: 'violation-notice/2' },
    { ...agreement, id: 'third', version: 1 },
  ] as Agreement[]
  receiver = {
    ...nodes.chongqing,
    federation: { ...federation, agreements: [...federation.agreements, ...further] },
    procedures: [violationNotice, { ...violationNotice, version: 2 }],
  }
})
afterAll(async () => await nodes[Symbol.asyncDispose]())

const first = { procedure: 'violation-notice/1', agreement: 'violation-notice-2026/1' }
const second = { procedure: 'violation-notice/2', agreement: 'second/1' }
const otherAgreement = { procedure: 'violation-notice/1', agreement: 'third/1' }

async function notice(overrides: Partial<MessageClaims>) {
  const nowMs = receiver.now()
  const iat = Math.floor(nowMs / 1000)
  const claims = {
    ...noticeBody('510100-0001', '500000-0001'),
    iss: CHENGDU,
    aud: CHONGQING,
    jti: uuidV7(nowMs, randomBytes(10)),
    salt: randomBytes(16).toString('base64url'),
    iat,
    exp: iat + 86_400,
    document: 'notice',
    case: mintCaseNumber(CHENGDU, 'VN', '2026-11-20' as never, randomBytes(7)),
    seen: [],
    ...first,
    ...overrides,
  } as MessageClaims
  return { ...(await signMessage(claims, nodes.chengdu.signer)), claims }
}

/** A case's first document, and the retraction behind it under other terms. */
async function caseOf(terms: Partial<MessageClaims>) {
  const start = await notice({})
  const data = { reason: 'sent-in-error', explanation: '误发' }
  const follower = await notice({ case: start.claims.case, document: 'retraction', seen: [start.digest], data, ...terms })
  return { caseNumber: start.claims.case, start: start.token, follower: follower.token }
}

async function send(...tokens: string[]): Promise<string[]> {
  const accepted = await acceptMessages(receiver, tokens)
  if (accepted.status !== 200) throw new Error('unverifiable')
  return accepted.answer.messages.map((entry) => ('reason' in entry ? `${entry.status} ${entry.reason}` : entry.status))
}

async function held(caseNumber: string) {
  await applyCases(receiver, [caseNumber])
  const { db } = receiver
  const row = await db
    .selectFrom('cases')
    .select(['version', 'agreement', 'state'])
    .where('case_number', '=', caseNumber)
    .executeTakeFirst()
  const documents = await db.selectFrom('documents').select(['document', 'status']).where('case_number', '=', caseNumber).execute()
  return { ...row, documents: documents.map(({ document, status }) => `${document} ${status}`).toSorted() }
}

const begun = { version: 1, agreement: first.agreement, state: 'notified' }

describe.each([
  ['another version of the procedure', second, 'refused schema'],
  ['another agreement', otherAgreement, 'refused agreement'],
] as const)('a document under %s than its case began with', (_, terms, refusal) => {
  it('is refused alike behind its start in one request, and in a request of its own', async () => {
    const together = await caseOf(terms)
    expect(await send(together.start, together.follower)).toEqual(['accepted', refusal])
    const apart = await caseOf(terms)
    expect([await send(apart.start), await send(apart.follower)]).toEqual([['accepted'], [refusal]])
    for (const { caseNumber } of [together, apart])
      expect(await held(caseNumber)).toEqual({ ...begun, documents: ['notice held', 'retraction refused'] })
  })
})

it('the start is accepted behind an early follower of its own version, in one request or in two', async () => {
  const together = await caseOf({})
  expect(await send(together.follower, together.start)).toEqual(['accepted', 'accepted'])
  const apart = await caseOf({})
  expect([await send(apart.follower), await send(apart.start)]).toEqual([['accepted'], ['accepted']])
  for (const { caseNumber } of [together, apart])
    expect(await held(caseNumber)).toEqual({ ...begun, state: 'retracted', documents: ['notice held', 'retraction held'] })
})

it('a start behind a follower of another version is refused alike, in one request or in two: what was accepted stands', async () => {
  const together = await caseOf(second)
  expect(await send(together.follower, together.start)).toEqual(['accepted', 'refused schema'])
  const apart = await caseOf(second)
  expect([await send(apart.follower), await send(apart.start)]).toEqual([['accepted'], ['refused schema']])
})
