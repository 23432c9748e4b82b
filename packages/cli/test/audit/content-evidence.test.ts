import { type EvidenceContent, type EvidencePackage, parseFederation, signContentAnswer, signContentRequest, uuidV7 } from '@hefu/protocol'
import { expect, test } from 'vitest'
import { type EvidenceOptions, verifyEvidence } from '../../src/audit/verify-evidence.ts'
import { buildEvidence, prover } from '../build-evidence.ts'
import { buildHalves, exampleFederation, type Half, honestParts, log } from '../build-log.ts'

// What one region asked the other about the bytes of a case (ADR 0023), in the logs of both.

const halves = await buildHalves(6)
const { a, b, policies, exportedAt } = halves
const message = halves.messages.find(({ claims, receipt }) => claims.iss === a.region && receipt.leaf.status === 'accepted')
if (message === undefined) throw new Error('no message')
const caseNumber = message.claims.case

const iat = Math.floor(exportedAt / 1000) - 60
const frame = { iss: a.region, aud: b.region, jti: uuidV7(iat * 1000, new Uint8Array(10)), iat, case: caseNumber }
const recall = { ...frame, act: 'recall', reason: 'wrong-person', document: message.digest } as const
const request = await signContentRequest(recall, a.signer)
const back = { ...frame, iss: b.region, aud: a.region }
const answer = await signContentAnswer({ ...back, request: request.digest, outcome: 'recalled', at: iat + 1 }, b.signer)

/** In the order in which it happens. */
function logContent(half: Half): { readonly request: number; readonly answer: number; readonly lie: number } {
  const said = { jti: frame.jti, case: caseNumber, act: 'recall', document: recall.document } as const
  const parties = { iss: a.region, aud: b.region }
  const answered = { kind: 'content.answer', ...said, iss: b.region, aud: a.region, digest: answer.digest } as const
  return {
    request: log(half, { kind: 'content.request', ...said, ...parties, digest: request.digest, reason: 'wrong-person' }, iat * 1000),
    answer: log(half, { ...answered, outcome: 'recalled' }, iat * 1000 + 1000),
    // What the answer does not say.
    lie: log(half, { ...answered, outcome: 'refused' }, iat * 1000 + 2000),
  }
}
const at = { a: logContent(a), b: logContent(b) }
const notes = { a: (await honestParts(a, b, exportedAt)).checkpoint, b: (await honestParts(b, a, exportedAt)).checkpoint }
const prove = { a: prover(a, notes.a), b: prover(b, notes.b) }
const proofs = {
  requests: [await prove.a(at.a.request), await prove.b(at.b.request)],
  answers: [await prove.a(at.a.answer), await prove.b(at.b.answer)],
}
const content: EvidenceContent = { request: request.token, answer: answer.token, logProofs: [...proofs.requests, ...proofs.answers] }
const documents = await buildEvidence(halves, caseNumber, notes)

const parsed = parseFederation(exampleFederation)
if (!parsed.ok) throw new Error('the example federation is not valid')

const judge = async (changed: Partial<EvidenceContent>, options: Partial<EvidenceOptions> = {}, more: Partial<EvidencePackage> = {}) => {
  const bytes = Buffer.from(JSON.stringify({ ...documents, contentRequests: [{ ...content, ...changed }], ...more }))
  return await verifyEvidence(bytes, { policies, federation: parsed.federation, ...options })
}
const codesOf = async (...judged: Parameters<typeof judge>) => {
  const { findings, notes: seen } = await judge(...judged)
  return [findings, seen].map((some) => some.map(({ code }) => code))
}

test('request and answer are proven by both logs', async () => {
  const report = await judge({})
  expect([report.ok, report.findings, report.notes]).toEqual([true, [], []])
  expect(report.contentRequests).toEqual([
    {
      act: 'recall',
      by: a.region,
      to: b.region,
      document: message.digest,
      outcome: 'recalled',
      at: new Date((iat + 1) * 1000).toISOString(),
      provenBy: [a.log.key.name, b.log.key.name],
    },
  ])
})

test('while there is no answer the request stands alone', async () => {
  expect(await codesOf({ answer: null, logProofs: proofs.requests })).toEqual([[], []])
})

test('what one log alone proves is a note', async () => {
  const alone = content.logProofs.filter(({ log: origin }) => origin === a.log.key.name)
  expect(await codesOf({ logProofs: alone })).toEqual([[], ['content-by-one']])
  // The request by one and the answer by the other: neither log proves that the two belong together.
  const crossed = [proofs.requests[0], proofs.answers[1]] as EvidenceContent['logProofs']
  expect(await codesOf({ logProofs: crossed })).toEqual([[], ['content-by-one']])
})

test('a proof that was removed', async () => {
  expect(await codesOf({ logProofs: [] })).toEqual([['content-unproven', 'content-unproven'], []])
  expect(await codesOf({ logProofs: proofs.requests })).toEqual([['content-unproven'], []])
  expect(await codesOf({ logProofs: proofs.answers })).toEqual([['content-unproven'], []])
})

test('an answer that was removed, while its proof was forgotten', async () => {
  expect(await codesOf({ answer: null })).toEqual([['content-answer-missing'], []])
})

test('an entry that was altered', async () => {
  const altered = content.logProofs.map((one) => ({ ...one, entry: one.entry.replace('"recalled"', '"refused"') }))
  expect(await codesOf({ logProofs: altered })).toEqual([['proof-invalid', 'proof-invalid', 'content-unproven'], []])
  const reason = content.logProofs.map((one) => ({ ...one, entry: one.entry.replace('wrong-person', 'wrong-document') }))
  expect(await codesOf({ logProofs: reason })).toEqual([['proof-invalid', 'proof-invalid', 'content-unproven'], []])
})

test('an entry of the log that says something else than the text', async () => {
  const lies = [...proofs.requests, await prove.a(at.a.lie), await prove.b(at.b.lie)]
  expect(await codesOf({ logProofs: lies })).toEqual([['proof-entry', 'proof-entry', 'content-unproven'], []])
  const others = [await prove.a(message.sentAt), await prove.b(message.receivedAt)]
  expect(await codesOf({ logProofs: [...content.logProofs, ...others] })).toEqual([['proof-entry', 'proof-entry'], []])
})

test('a text under a key that all knew was compromised', async () => {
  const revoked = { at: 1, reason: 'compromised' as const }
  const keys = documents.keys.map((key) => (key.region === b.region ? { ...key, revoked } : key))
  const { findings } = await judge({}, {}, { keys })
  // The receipt of that region, and its answer.
  expect(findings.map(({ code, subject }) => [code, subject === answer.digest])).toEqual([
    ['key-compromised', false],
    ['key-compromised', true],
  ])
})
