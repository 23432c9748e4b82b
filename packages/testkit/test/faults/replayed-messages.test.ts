import { randomBytes } from 'node:crypto'
import { dirname } from 'node:path'
import { toBase64url } from '@hefu/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hefu } from '../../../cli/test/run-hefu.ts'
import { offlineIn } from '../../src/federation-files.ts'
import { type Json, listOf, TestNetwork } from '../../src/index.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'
import { chengdu, chongqing, filing } from './bodies.ts'
import { newCase, noticeClaims, postInbox, postMany, signedNotice } from './craft.ts'
import { count, query, rowCounts } from './observe.ts'

// Chengdu's key speaks here without Chengdu's node: whatever a peer may send, Chongqing's node answers.
let net: TestNetwork
beforeAll(async () => {
  net = await TestNetwork.create([chengdu, chongqing])
})
afterAll(async () => await net?.[Symbol.asyncDispose]())

const signer = () => net.node(chengdu).signer
const target = () => net.node(chongqing)
const exchange = () => target().node.exchange ?? ''
const databaseUrl = () => target().databaseUrl

const alerts = async (jti: string) =>
  (await target().as('operator').all('/v1/alerts')).filter((alert) => String(alert.jti) === jti).map(({ kind }) => String(kind))
const quarantined = async (jti: string) =>
  (await query<{ digest: string }>(databaseUrl(), 'select digest from quarantine where jti = $1 order by digest', [jti])).map(
    ({ digest }) => digest,
  )

describe('a receipt that somebody removed from the database', () => {
  const digestOf = async (jti: string) =>
    (await query<{ receipt: string }>(databaseUrl(), 'select receipt from inbox where jti = $1', [jti]))[0]?.receipt ?? ''
  const isLogged = async (receipt: string) =>
    (await count(databaseUrl(), `select count(*) from log_entries where digest = '${receipt}'`)) === 1
  const lostAlerts = async (digest: string) =>
    (await target().as('operator').all('/v1/alerts'))
      .filter(({ kind, detail }) => String(kind) === 'receipt.lost' && String((detail as Json).digest) === digest)
      .map(({ detail }) => String((detail as Json).why))

  it('is written once more from what the log says, to the byte, and somebody is told', async () => {
    const messages = [await signedNotice(signer()), await signedNotice(signer())]
    const tokens = messages.map(({ token }) => token)
    const first = await postMany(exchange(), tokens)
    const receipt = await digestOf(messages[0]?.claims.jti ?? '')
    await waitUntil(async () => await isLogged(receipt), 10_000)
    await query(databaseUrl(), 'delete from receipts where digest = $1', [receipt])
    expect((await postMany(exchange(), tokens)).text).toBe(first.text)
    expect(await lostAlerts(receipt)).toEqual(['restored'])
    expect(await count(databaseUrl(), `select count(*) from receipts where digest = '${receipt}'`)).toBe(1)
    // Alone too, and together with a new one; nobody is told twice.
    expect((await postInbox(exchange(), tokens[1] ?? '')).json.receipts).toEqual(first.json.receipts)
    expect(await lostAlerts(receipt)).toEqual(['restored'])
  })

  it('signed with a key that was rotated out since, is written again with that key', async () => {
    const { token, claims } = await signedNotice(signer())
    const first = await postInbox(exchange(), token)
    const receipt = await digestOf(claims.jti)
    await waitUntil(async () => await isLogged(receipt), 10_000)
    const { keys } = target().files
    const before = target().node.ctx.signer.kid
    await hefu(['key', 'rotate', '--keys', keys, '--root', offlineIn(dirname(dirname(keys))).rootKey(target().region), '--now'])
    await waitUntil(() => target().node.ctx.signer.kid !== before, 20_000)
    await query(databaseUrl(), 'delete from receipts where digest = $1', [receipt])
    expect((await postInbox(exchange(), token)).text).toBe(first.text)
    expect(await lostAlerts(receipt)).toEqual(['restored'])
  })

  it('that cannot be written again is no verdict on the message: the cause is named, and nothing is answered twice', async () => {
    const { token, claims } = await signedNotice(signer())
    await postInbox(exchange(), token)
    const receipt = await digestOf(claims.jti)
    await waitUntil(async () => await isLogged(receipt), 10_000)
    await query(databaseUrl(), 'delete from receipts where digest = $1', [receipt])
    // Received at another second than the receipt says, as far as the tables go.
    await query(databaseUrl(), "update inbox set received_at = received_at - interval '1 second' where jti = $1", [claims.jti])
    const refused = await postInbox(exchange(), token)
    expect(refused).toMatchObject({ status: 503, json: { code: 'unavailable', detail: expect.stringContaining(receipt) } })
    expect(await lostAlerts(receipt)).toEqual(['not-restored'])
    expect((await postInbox(exchange(), (await signedNotice(signer())).token)).json.messages).toEqual([
      expect.objectContaining({ status: 'accepted' }),
    ])
    await query(databaseUrl(), "update inbox set received_at = received_at + interval '1 second' where jti = $1", [claims.jti])
    expect((await postInbox(exchange(), token)).json.messages).toEqual([expect.objectContaining({ jti: claims.jti, status: 'accepted' })])
  })
})

describe('one id, other bytes', () => {
  it('the second is refused reused-id; both texts are quarantined and somebody is told', async () => {
    const first = await signedNotice(signer())
    const second = await signedNotice(signer(), { ...first.claims, basis: 'other' })
    expect((await postInbox(exchange(), first.token)).json.messages).toEqual([expect.objectContaining({ status: 'accepted' })])
    const refusal = await postInbox(exchange(), second.token)
    expect(refusal.json.messages).toEqual([expect.objectContaining({ jti: first.claims.jti, status: 'refused', reason: 'reused-id' })])
    expect(await quarantined(first.claims.jti)).toEqual([first.digest, second.digest].toSorted())
    expect(await alerts(first.claims.jti)).toEqual(['message.reused-id'])
    await net.settle()
    const shown = await target().as('officer').get(`/v1/cases/${first.claims.case}`)
    expect(listOf(shown.body.documents).map(({ digest }) => String(digest))).toEqual([first.digest])
    // Each text keeps its own answer.
    expect((await postInbox(exchange(), second.token)).text).toBe(refusal.text)
  })

  it('both at the same instant, twenty times: exactly one is accepted', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const claims = noticeClaims()
        const [one, other] = [await signedNotice(signer(), claims), await signedNotice(signer(), { ...claims, basis: 'other' })]
        const answers = await Promise.all([one, other].map(async ({ token }) => await postInbox(exchange(), token)))
        expect(await quarantined(claims.jti)).toEqual([one.digest, other.digest].toSorted())
        return answers.map(({ json }) => outcomeOf(listOf(json.messages)[0])).toSorted()
      }),
    )
    for (const outcome of outcomes) expect(outcome).toEqual(['accepted', 'refused reused-id'])
    await net.settle()
  })

  it('both in one batch: the first line wins', async () => {
    const claims = noticeClaims()
    const [one, other] = [await signedNotice(signer(), claims), await signedNotice(signer(), { ...claims, basis: 'other' })]
    const { json } = await postMany(exchange(), [one.token, other.token, one.token])
    expect(listOf(json.messages).map(outcomeOf)).toEqual(['accepted', 'refused reused-id', 'accepted'])
    expect(await quarantined(claims.jti)).toEqual([one.digest, other.digest].toSorted())
  })
})

const outcomeOf = (entry: Json | undefined) =>
  [entry?.status, entry?.reason]
    .filter((part) => part !== undefined)
    .map(String)
    .join(' ')

describe('a message that was answered before', () => {
  it('gets its first receipt byte for byte, alone or inside another batch', async () => {
    const first = await signedNotice(signer())
    const others = await Promise.all([signedNotice(signer()), signedNotice(signer())])
    const alone = await postInbox(exchange(), first.token)
    await waitUntil(async () => (await count(databaseUrl(), 'select count(*) from inbox where applied_at is null')) === 0, 20_000)
    const before = await rowCounts(databaseUrl())
    expect((await postInbox(exchange(), first.token)).text).toBe(alone.text)
    expect(await rowCounts(databaseUrl())).toEqual(before)

    const { json } = await postMany(exchange(), [others[0]?.token ?? '', first.token, others[1]?.token ?? ''])
    const [entry] = listOf(alone.json.messages)
    const again = listOf(json.messages)[1]
    const receipt = listOf(json.receipts)[Number(again?.receipt)]
    expect(receipt).toBe(listOf(alone.json.receipts)[0])
    expect({ ...again, receipt: 0 }).toEqual(entry)
    expect(listOf(json.receipts)).toHaveLength(2)
    // The new receipt covers the two new messages only.
    expect(
      await count(databaseUrl(), 'select count(*) from places where receipt = (select receipt from places where jti = $1)', [
        others[0]?.claims.jti,
      ]),
    ).toBe(2)
  })

  it('twice in one batch is one message', async () => {
    const { token, claims } = await signedNotice(signer())
    const { json } = await postMany(exchange(), [token, token])
    const [one, other] = listOf(json.messages)
    expect(one).toMatchObject({ jti: claims.jti, status: 'accepted', index: 0, path: [] })
    expect(other).toEqual(one)
    expect(await count(databaseUrl(), 'select count(*) from inbox where jti = $1', [claims.jti])).toBe(1)
  })

  it('the same message in thirty requests at once is one message with one receipt', async () => {
    const { token, claims } = await signedNotice(signer())
    const answers = await Promise.all(Array.from({ length: 30 }, async () => await postInbox(exchange(), token)))
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    expect(answers[0]?.status).toBe(200)
    expect(await count(databaseUrl(), 'select count(*) from inbox where jti = $1', [claims.jti])).toBe(1)
  })

  it('batches that overlap, at once and in other orders: each message is accepted once', async () => {
    const signed = await Promise.all(Array.from({ length: 40 }, async () => await signedNotice(signer())))
    const tokens = signed.map(({ token }) => token)
    const batches = [tokens.slice(0, 30), tokens.slice(10).toReversed(), tokens.toReversed().slice(5, 35)]
    const answers = await Promise.all(batches.map(async (batch) => await postMany(exchange(), batch)))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    for (const { json } of answers) for (const entry of listOf(json.messages)) expect(outcomeOf(entry)).toBe('accepted')
    const receiptOf = new Map<string, string>()
    for (const { json } of answers)
      for (const { jti, receipt } of listOf(json.messages)) {
        const text = String(listOf(json.receipts)[Number(receipt)])
        expect(receiptOf.get(String(jti)) ?? text).toBe(text)
        receiptOf.set(String(jti), text)
      }
    const ids = signed.map(({ claims }) => claims.jti)
    expect(await count(databaseUrl(), 'select count(*) from inbox where jti = any($1::uuid[])', [ids])).toBe(40)
    expect(await count(databaseUrl(), 'select count(*) from places where jti = any($1::uuid[])', [ids])).toBe(40)
  })

  it('still gets it after exp; one that comes too late for the first time is refused', async () => {
    const iat = Math.floor(Date.now() / 1000)
    const inTime = await signedNotice(signer(), { exp: iat + 60 })
    const late = await signedNotice(signer(), { exp: iat + 60 })
    const first = await postInbox(exchange(), inTime.token)
    expect(listOf(first.json.messages).map(outcomeOf)).toEqual(['accepted'])
    await net.moveClock(120_000, chongqing)
    try {
      expect((await postInbox(exchange(), inTime.token)).text).toBe(first.text)
      expect(listOf((await postInbox(exchange(), late.token)).json.messages).map(outcomeOf)).toEqual(['refused expired'])
    } finally {
      await net.moveClock(-120_000, chongqing)
    }
  })
})

describe('whose case it is', () => {
  it('what comes before the first document of its case waits for it', async () => {
    const opening = await signedNotice(signer())
    const follower = await signedNotice(signer(), {
      case: opening.claims.case,
      document: 'retraction',
      seen: [opening.digest],
      data: { reason: 'sent-in-error', explanation: '误发' },
    })
    const early = await postInbox(exchange(), follower.token)
    expect(listOf(early.json.messages).map(outcomeOf)).toEqual(['accepted'])
    await net.settle()
    const officer = target().as('officer')
    const waiting = await officer.get(`/v1/cases/${opening.claims.case}`)
    expect(listOf(waiting.body.documents).map(({ standing }) => String(standing))).toEqual(['waiting'])
    await postInbox(exchange(), opening.token)
    await net.settle()
    expect((await officer.get(`/v1/cases/${opening.claims.case}`)).body).toMatchObject({ state: 'retracted' })
  })

  it('defers a counterparty’s document of a case it has never heard of, and refuses a role that may not write', async () => {
    const before = await rowCounts(databaseUrl())
    const document = { document: 'filing', seen: [randomDigest()], answers: randomDigest(), data: filingData }
    const ofTheirs = await signedNotice(signer(), { ...document, case: newCase(chongqing) })
    expect(listOf((await postInbox(exchange(), ofTheirs.token)).json.messages).map(outcomeOf)).toEqual(['deferred case-unknown'])
    expect(await rowCounts(databaseUrl())).toEqual(before)
    const ofTheFinder = await signedNotice(signer(), document)
    expect(listOf((await postInbox(exchange(), ofTheFinder.token)).json.messages).map(outcomeOf)).toEqual(['refused case-participants'])
    expect(await rowCounts(databaseUrl())).toMatchObject({ documents: before.documents, cases: before.cases })
  })
})

const randomDigest = () => toBase64url(randomBytes(32))
const filingData = filing.data as Record<string, unknown>
