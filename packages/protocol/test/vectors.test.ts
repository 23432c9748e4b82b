import { readFile } from 'node:fs/promises'
import { flattenedVerify } from 'jose'
import { expect, test } from 'vitest'
import {
  checkMessageText,
  type Federation,
  judgeClaims,
  keyOwner,
  type Outcome,
  parseFederation,
  type SentBatch,
  verifyAnswer,
  verifyMessage,
  verifyMessages,
  verifyRequest,
  verifyToken,
} from '../src/index.ts'
import { buildVectors } from './make-vectors/build-vectors.ts'
import { exampleFederation } from './make-vectors/example.ts'
import type { HostileMessage } from './make-vectors/hostile-message.ts'
import type { HostileRequest, RequestFailure } from './make-vectors/hostile-requests.ts'

const read = async (name: string) => JSON.parse(await readFile(new URL(`../vectors/${name}`, import.meta.url), 'utf8'))

const federation = usable(exampleFederation)
const valid = (await read('request-valid.json')) as { readonly body: string }
const lookUpKey = (kid: string) => keyOwner(federation, kid)

test('the committed vectors are what the script writes', async () => {
  for (const [name, content] of Object.entries(await buildVectors())) {
    expect(await read(name), name).toEqual(JSON.parse(JSON.stringify(content)))
  }
})

test('the valid message verifies, digests and is accepted', async () => {
  const { token, digest, claims, receiver, judgedAt } = await read('message-valid.json')
  const verified = verifyMessage(token, lookUpKey)
  expect(verified).toMatchObject({ ok: true, region: '510100', jti: claims.jti, digest, claims: { ok: true, claims } })
  if (!verified.ok) throw new Error('not verified')
  expect(judgeClaims(verified.claims, { region: receiver, federation, now: judgedAt })).toMatchObject({
    status: 'accepted',
    agreement: { id: 'chengdu-chongqing-violations', version: 2 },
  })
})

test('every hostile message gets exactly the expected answer', async () => {
  const { messages, receiver, judgedAt } = (await read('messages-invalid.json')) as Hostile
  expect(messages.length).toBeGreaterThan(150)
  expect(new Set(messages.map(({ name }) => name)).size).toBe(messages.length)
  const verified = await verifyMessages(
    messages.map(({ token }) => token),
    lookUpKey,
  )
  for (const [at, { name, expected }] of messages.entries()) {
    const result = verified[at]
    const answer = result?.ok
      ? judgeClaims(result.claims, { region: receiver, federation, now: judgedAt })
      : { status: 'deferred', reason: 'unverifiable' }
    expect(answer, name).toEqual(expected)
    // Before the signature is verified nothing may be told apart.
    if (expected.reason === 'unverifiable') expect(result, name).toEqual({ ok: false })
  }
})

test('jose gives the same verdict on the signature of every message that passes the text check', async () => {
  const { messages } = (await read('messages-invalid.json')) as Hostile
  const { token } = await read('message-valid.json')
  const verdicts = { good: 0, bad: 0 }
  for (const text of [token as string, ...messages.map((message) => message.token)]) {
    const checked = checkMessageText(text)
    const owner = checked.ok ? lookUpKey(checked.kid) : undefined
    if (!checked.ok || owner === undefined) continue
    const [header = '', payload = '', signature = ''] = text.split('.')
    const jose = await flattenedVerify({ protected: header, payload, signature }, owner.key, { algorithms: ['Ed25519'] }).then(
      () => 'good' as const,
      () => 'bad' as const,
    )
    const ours = await signatureVerdict(text)
    expect(ours, text.slice(-40)).toBe(jose)
    verdicts[jose]++
  }
  expect(verdicts.good).toBeGreaterThan(100)
  expect(verdicts.bad).toBeGreaterThan(4)
})

test('answers prove what they should, and no more', async () => {
  const { valid, invalid } = (await read('answers.json')) as Record<'valid' | 'invalid', AnswerVector[]>
  expect(invalid.length).toBeGreaterThan(30)
  for (const { name, sent, answer, expected } of [...valid, ...invalid]) {
    const outcomes = verifyAnswer(Buffer.from(answer), sent, lookUpKey)
    expect(outcomes.map(inWords), name).toEqual(expected)
  }
})

test('every hostile request is refused, and for the reason given', async () => {
  const { requests, receiver, judgedAt } = (await read('requests-invalid.json')) as HostileRequests
  expect(new Set(requests.map(({ name }) => name)).size).toBe(requests.length)
  const counts = new Map<RequestFailure, number>()
  for (const request of requests) {
    const { name, method, path, body, authorization, fails } = request
    const expected = { lookUpKey, audience: receiver, method, path, body: Buffer.from(body), now: judgedAt }
    expect(verifyRequest(authorization, expected), name).toEqual({ ok: false })
    counts.set(fails, (counts.get(fails) ?? 0) + 1)
    // Nothing but the named check stands in its way: a receiver that expected just that would have taken it.
    const wanted = expectationFor(request)
    if (wanted !== null) expect(verifyRequest(authorization, { ...expected, ...wanted }), name).toMatchObject({ ok: true })
    const [, token = ''] = /^Hefu ([\w.-]{1,8192})$/.exec(authorization) ?? []
    const verified = verifyToken(token, 'hefu-request+jwt', lookUpKey)
    expect(verified.ok, name).toBe(!['scheme', 'text', 'signature'].includes(fails))
    if (fails === 'issuer' && verified.ok) expect(claimsOf(authorization).iss, name).not.toBe(verified.owner.region)
  }
  for (const fails of ['scheme', 'text', 'signature', 'claims', 'issuer', 'audience', 'method', 'address', 'body', 'time'] as const)
    expect(counts.get(fails), fails).toBeGreaterThan(0)
})

interface HostileRequests {
  readonly receiver: SentBatch['aud']
  readonly judgedAt: number
  readonly requests: readonly HostileRequest[]
}

interface Claims {
  readonly iss: string
  readonly aud: SentBatch['aud']
  readonly htm: string
  readonly htu: string
  readonly iat: number
}

function claimsOf(authorization: string): Claims {
  return JSON.parse(Buffer.from(authorization.split('.')[1] ?? '', 'base64url').toString())
}

/** What a receiver would have to expect for the request to be good; null where nothing would make it so. */
function expectationFor({ fails, authorization, name }: HostileRequest): Partial<Parameters<typeof verifyRequest>[1]> | null {
  if (fails === 'audience') return { audience: claimsOf(authorization).aud }
  if (fails === 'method') return { method: claimsOf(authorization).htm }
  if (fails === 'time') return { now: claimsOf(authorization).iat }
  if (fails === 'address' && /path|slash/.test(name)) return { path: new URL(claimsOf(authorization).htu).pathname }
  if (fails === 'body') return { body: Buffer.from(name === 'digest-empty' ? '' : valid.body) }
  return null
}

interface Hostile {
  readonly receiver: SentBatch['aud']
  readonly judgedAt: number
  readonly messages: readonly HostileMessage[]
}

interface AnswerVector {
  readonly name: string
  readonly sent: SentBatch
  readonly answer: string
  readonly expected: readonly string[]
}

async function signatureVerdict(token: string): Promise<'good' | 'bad'> {
  return verifyToken(token, 'hefu-message+jwt', lookUpKey).ok ? 'good' : 'bad'
}

function inWords(outcome: Outcome): string {
  if (outcome.status === 'accepted') return 'accepted'
  return `${outcome.status} ${outcome.status === 'invalid' ? outcome.why : outcome.reason}`
}

function usable(json: unknown): Federation {
  const parsed = parseFederation(json)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return parsed.federation
}
