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
  verifyToken,
} from '../src/index.ts'
import { buildVectors } from './make-vectors/build-vectors.ts'
import { exampleFederation } from './make-vectors/example.ts'
import type { HostileMessage } from './make-vectors/hostile-message.ts'

const read = async (name: string) => JSON.parse(await readFile(new URL(`../vectors/${name}`, import.meta.url), 'utf8'))

const federation = usable(exampleFederation)
const lookUpKey = (kid: string) => keyOwner(federation, kid)

test('the committed vectors are what the script writes', async () => {
  for (const [name, content] of Object.entries(await buildVectors())) {
    expect(await read(name), name).toEqual(JSON.parse(JSON.stringify(content)))
  }
})

test('the valid message verifies, digests and is accepted', async () => {
  const { token, digest, claims, receiver, judgedAt } = await read('message-valid.json')
  const verified = await verifyMessage(token, lookUpKey)
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
    const outcomes = await verifyAnswer(Buffer.from(answer), sent, lookUpKey)
    expect(outcomes.map(inWords), name).toEqual(expected)
  }
})

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
  return (await verifyToken(token, 'hefu-message+jwt', lookUpKey)).ok ? 'good' : 'bad'
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
