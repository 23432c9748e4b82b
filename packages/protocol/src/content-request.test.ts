import type { CaseNumber } from '@hefu/reference'
import { expect, test } from 'vitest'
import { exampleJti, ISSUED_AT, RECEIVER, SENDER } from '../test/make-vectors/example.ts'
import { CHENGDU, CHONGQING, STRANGER } from '../test/make-vectors/test-keys.ts'
import {
  type ContentAnswer,
  type ContentRequest,
  importPublicJwk,
  type KeyLookUp,
  signContentAnswer,
  signContentRequest,
  verifyContentAnswer,
  verifyContentRequest,
} from './index.ts'

const owners = new Map([
  [CHENGDU.jwk.kid, { region: SENDER, key: importPublicJwk(CHENGDU.jwk) }],
  [CHONGQING.jwk.kid, { region: RECEIVER, key: importPublicJwk(CHONGQING.jwk) }],
])
const lookUpKey: KeyLookUp = (kid) => owners.get(kid)
const document = 'A'.repeat(43)
const frame = { iss: SENDER, aud: RECEIVER, jti: exampleJti(1), iat: ISSUED_AT, case: '510100-VN-20261122-7K3F9QX6' as CaseNumber }
const erase: ContentRequest = { ...frame, act: 'erase', reason: 'retention-ended', erasedAt: ISSUED_AT }
const recall: ContentRequest = { ...frame, act: 'recall', reason: 'wrong-person', document }

const answering = (digest: string) => ({ ...frame, iss: RECEIVER, aud: SENDER, request: digest })

test('a request is its author’s, for its receiver, and has no member beside those of its act', async () => {
  for (const request of [erase, recall]) {
    const { token, digest } = await signContentRequest(request, CHENGDU.signer)
    expect(verifyContentRequest(token, lookUpKey, RECEIVER)).toEqual({ ok: true, claims: request, digest, kid: CHENGDU.jwk.kid })
    expect(verifyContentRequest(token, lookUpKey, SENDER)).toEqual({ ok: false })
  }
  const others = [await signContentRequest(erase, STRANGER.signer), await signContentRequest(erase, CHONGQING.signer)]
  for (const { token } of others) expect(verifyContentRequest(token, lookUpKey, RECEIVER)).toEqual({ ok: false })
  await expect(signContentRequest({ ...erase, document } as never, CHENGDU.signer)).rejects.toThrow()
  await expect(signContentRequest({ ...erase, reason: '张三' } as never, CHENGDU.signer)).rejects.toThrow()
})

test('an answer is that of whom was asked, to this very text, and fits what was asked', async () => {
  const asked = { request: recall, digest: (await signContentRequest(recall, CHENGDU.signer)).digest }
  const answer: ContentAnswer = { ...answering(asked.digest), outcome: 'recalled', at: ISSUED_AT }
  const { token, digest } = await signContentAnswer(answer, CHONGQING.signer)
  expect(verifyContentAnswer(token, lookUpKey, asked)).toEqual({ ok: true, claims: answer, digest, kid: CHONGQING.jwk.kid })
  const wrong: ContentAnswer[] = [
    { ...answer, request: `${'C'.repeat(42)}A` },
    { ...answer, jti: exampleJti(2) },
    { ...answering(asked.digest), outcome: 'erased', at: ISSUED_AT },
    { ...answering(asked.digest), outcome: 'held', until: ISSUED_AT, basis: { kind: 'procedure', rule: 'violation-notice/1' } },
  ]
  for (const one of wrong)
    expect(verifyContentAnswer((await signContentAnswer(one, CHONGQING.signer)).token, lookUpKey, asked)).toEqual({ ok: false })
  for (const { signer } of [CHENGDU, STRANGER])
    expect(verifyContentAnswer((await signContentAnswer(answer, signer)).token, lookUpKey, asked)).toEqual({ ok: false })
  // Neither text is the other.
  expect(verifyContentRequest(token, lookUpKey, SENDER)).toEqual({ ok: false })
})
