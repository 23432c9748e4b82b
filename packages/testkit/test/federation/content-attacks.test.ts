import { endRetention } from '@hefu/exchange'
import { insuranceTransfer, violationNotice } from '@hefu/procedures'
import { type ContentRequest, signContentRequest, signRequest } from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { listOf, TestNetwork } from '../../src/index.ts'
import { newJti, postInbox } from '../faults/craft.ts'
import { count, query } from '../faults/observe.ts'
import { addDocument, exampleData, openCase, type PlayedCase } from './play.ts'
import { reconcileNow } from './reconcile-now.ts'

/** A peer that asks for content in ways no honest node does, and texts that come again after the content is gone. */
const [chengdu, chongqing] = ['510100', '500000'] as [RegionId, RegionId]
const DAY_MS = 86_400_000
let net: TestNetwork
beforeAll(async () => {
  net = await TestNetwork.create([chengdu, chongqing])
})
afterAll(async () => await net[Symbol.asyncDispose]())

const path = '/exchange/v1/content-requests'

/** As Chengdu's node would ask Chongqing's, with whatever claims. */
async function ask(claims: ContentRequest): Promise<{ status: number; body: Record<string, unknown> }> {
  const { signer } = net.node(chengdu)
  const body = JSON.stringify({ request: (await signContentRequest(claims, signer)).token })
  const url = `${net.node(chongqing).node.exchange}${path}`
  const now = Math.floor(Date.now() / 1000)
  const authorization = await signRequest({ iss: chengdu, aud: chongqing, method: 'POST', url, body, jti: newJti(), now }, signer)
  const answer = await fetch(url, { method: 'POST', body, headers: { authorization, 'content-type': 'application/json' } })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

/** Of the case alone: what is forged here makes halves differ elsewhere. */
const differencesOf = async ({ caseNumber }: PlayedCase) => (await net.differences()).filter((one) => one.includes(caseNumber))

const said = ({ body }: { body: Record<string, unknown> }) =>
  JSON.parse(Buffer.from(String(body.answer).split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>

async function openNotice(): Promise<PlayedCase & { readonly digest: string }> {
  const played = await openCase(net, violationNotice, chengdu, chongqing, exampleData(violationNotice, 'notice'))
  await net.settle()
  const { body } = await net.node(chengdu).as('officer').get(`/v1/cases/${played.caseNumber}`)
  return { ...played, digest: String(listOf(body.documents)[0]?.digest) }
}

const recallOf = ({ caseNumber, digest }: { caseNumber: string; digest: string }, changed: object = {}) =>
  ({
    iss: chengdu,
    aud: chongqing,
    jti: newJti(),
    iat: Math.floor(Date.now() / 1000),
    case: caseNumber,
    act: 'recall',
    reason: 'wrong-person',
    document: digest,
    ...changed,
  }) as ContentRequest

it('a jti that is used again with another text is a conflict, and changes nothing; the same text gets the same answer', async () => {
  const [one, other] = [await openNotice(), await openNotice()]
  const asked = recallOf(one)
  const first = await ask(asked)
  expect([first.status, said(first)]).toMatchObject([200, { outcome: 'recalled', jti: asked.jti }])
  expect(await ask(asked)).toEqual(first)
  for (const text of [recallOf(other, { jti: asked.jti }), recallOf(one, { jti: asked.jti, reason: 'wrong-document' })]) {
    const again = await ask(text)
    expect([again.status, again.body.code]).toEqual([409, 'conflict'])
  }
  const standing = 'select count(*) from documents where case_number = $1 and recalled_at is not null'
  expect(await count(net.node(chongqing).databaseUrl, standing, [other.caseNumber])).toBe(0)
})

it('a document of a case that has run its course is not given back: case-final, and both halves stay', async () => {
  const played = await openCase(net, insuranceTransfer, chengdu, chongqing, exampleData(insuranceTransfer, 'contact-letter'))
  await net.settle()
  const { body } = await net.node(chengdu).as('officer').get(`/v1/cases/${played.caseNumber}`)
  const digest = String(listOf(body.documents)[0]?.digest)
  await addDocument(net, played, chengdu, 'withdrawal', exampleData(insuranceTransfer, 'withdrawal'))
  await net.settle()
  const answer = await ask(recallOf({ caseNumber: played.caseNumber, digest }))
  expect([answer.status, said(answer)]).toMatchObject([200, { outcome: 'refused', reason: 'case-final' }])
  // Of the other's own document, and of one that nobody knows.
  expect(said(await ask(recallOf({ caseNumber: played.caseNumber, digest: 'A'.repeat(43) })))).toMatchObject({ reason: 'document-unknown' })
  expect((await net.node(chongqing).as('officer').get(`/v1/cases/${played.caseNumber}`)).body).toMatchObject({ final: true })
  expect(await differencesOf(played)).toEqual([])
})

it('a copy of an erased document that comes late gets its first answer, and brings nothing back', async () => {
  const played = await openCase(net, insuranceTransfer, chengdu, chongqing, exampleData(insuranceTransfer, 'contact-letter'))
  await net.settle()
  const address = `/v1/cases/${played.caseNumber}`
  const { body } = await net.node(chengdu).as('officer').get(address)
  const { id } = listOf(body.documents)[0] as unknown as { id: string }
  const purpose = { headers: { 'hefu-purpose': String(insuranceTransfer.purposes[0]?.code) } }
  const message = String((await net.node(chengdu).as('officer').get(`${address}/documents/${id}`, purpose)).body.message)
  expect(message).toMatch(/^ey/)
  await addDocument(net, played, chengdu, 'withdrawal', exampleData(insuranceTransfer, 'withdrawal'))
  await net.settle()
  const { exchange = '' } = net.node(chongqing).node
  const before = await postInbox(exchange ?? '', message)
  const { ctx } = net.node(chongqing).node
  for (const days of [3_651, 3_682]) await endRetention({ ...ctx, now: () => Date.now() + days * DAY_MS })
  expect((await net.node(chongqing).as('officer').get(address)).body).toMatchObject({ erasedAt: expect.any(String) })

  const late = await postInbox(exchange ?? '', message)
  expect([late.status, late.text]).toEqual([before.status, before.text])
  await net.settle()
  // The side that still has it is a restored peer to this one: reconciliation sends nothing back.
  expect(await reconcileNow(net, chengdu, chongqing)).toMatchObject({ state: 'done', result: { restoredAtPeer: 0 } })

  const { databaseUrl } = net.node(chongqing)
  const held = 'select count(*) from documents where case_number = $1 and message is not null'
  expect(await count(databaseUrl, held, [played.caseNumber])).toBe(0)
  expect(await query(databaseUrl, 'select data_key from cases where case_number = $1', [played.caseNumber])).toEqual([{ data_key: null }])
  expect(await count(databaseUrl, 'select count(*) from quarantine')).toBe(0)
  const again = await net.node(chongqing).as('officer').get(`${address}/documents/${id}`, purpose)
  expect([again.status, again.body.code]).toEqual([410, 'erased'])
  expect(await differencesOf(played)).toEqual([])
})
