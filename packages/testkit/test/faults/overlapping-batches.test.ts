import { type Answer, keyOwner, receiptLeafHash, receiptTree, type SignedMessage, verifyAnswer } from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Json, TestNetwork } from '../../src/index.ts'
import { chengdu, chongqing } from './bodies.ts'
import { postMany, signedNotice } from './craft.ts'
import { query } from './observe.ts'

// Chengdu's key speaks here without Chengdu's node. A receipt is made before it is known what is really new: whoever loses the race for some
// of its messages must have no place under it, and whoever wins must have one that proves itself.
let net: TestNetwork
beforeAll(async () => {
  net = await TestNetwork.create([chengdu, chongqing])
})
afterAll(async () => await net?.[Symbol.asyncDispose]())

const target = () => net.node(chongqing)
const exchange = () => target().node.exchange ?? ''
const post = async (batch: readonly SignedMessage[]) =>
  await postMany(
    exchange(),
    batch.map(({ token }) => token),
  )

/** Of each message its status, its receipt and its place, by digest; each is verified as its sender would. */
async function provenIn(batch: readonly Sent[], answer: Json): Promise<Map<string, string>> {
  const { federation } = target().node.ctx
  const sent = {
    iss: chengdu as RegionId,
    aud: chongqing as RegionId,
    messages: batch.map(({ claims, digest }) => ({ jti: claims.jti, digest })),
  }
  const outcomes = verifyAnswer(Buffer.from(JSON.stringify(answer)), sent, (kid) => keyOwner(federation, kid))
  expect(outcomes.map(({ status }) => status).filter((status) => status !== 'accepted' && status !== 'refused')).toEqual([])
  const { receipts, messages } = answer as unknown as Answer
  const placeOf = (entry: Answer['messages'][number]) =>
    JSON.stringify('receipt' in entry ? { ...entry, receipt: receipts[entry.receipt] } : entry)
  return new Map(messages.map((entry, at) => [batch[at]?.digest as string, placeOf(entry)]))
}

type Sent = Awaited<ReturnType<typeof signedNotice>>

/** New cases, documents behind them, other bytes under the same ids, and what is meant for somebody else. */
async function mixed(): Promise<Sent[]> {
  const signer = net.node(chengdu).signer
  const sent: Sent[] = []
  for (let n = 0; n < 10; n++) {
    const opening = await signedNotice(signer)
    const data = { reason: 'sent-in-error', explanation: '误发' }
    const behind = { case: opening.claims.case, document: 'retraction', seen: [opening.digest], data }
    sent.push(opening, await signedNotice(signer, behind))
    if (n % 3 === 0) sent.push(await signedNotice(signer, { ...opening.claims, basis: 'other' }))
    if (n % 3 === 1) sent.push(await signedNotice(signer, { aud: '510700' as RegionId }))
  }
  return sent
}

it('batches that overlap, at once: every message keeps its first answer, in every batch it comes in, and every place leads to its root', async () => {
  for (let round = 0; round < 4; round++) {
    const sent = await mixed()
    const batches = Array.from({ length: 10 }, (_, n) => {
      const turned = [...sent.slice(n * 2), ...sent.slice(0, n * 2)].filter((_, at) => (at + n) % 4 !== 0)
      return n % 2 === 0 ? turned : turned.toReversed()
    })
    const answers = await Promise.all(batches.map(post))
    const first = new Map<string, string>()
    for (const [at, { status, json }] of answers.entries()) {
      expect(status).toBe(200)
      for (const [digest, place] of await provenIn(batches[at] as Sent[], json)) {
        expect(first.get(digest) ?? place).toBe(place)
        first.set(digest, place)
      }
    }
    expect(first.size).toBe(sent.length)
    // And again, in other company.
    expect(new Map(await provenIn(sent, (await post(sent)).json))).toEqual(new Map(sent.map(({ digest }) => [digest, first.get(digest)])))
  }
  await net.settle()
  await expectWholeReceipts()
})

/** Every receipt has all its messages, their leaves give its root, and the log has each of them once. */
async function expectWholeReceipts(): Promise<void> {
  const { databaseUrl } = target()
  const receipts = await query<{ digest: string; size: number; root: string }>(databaseUrl, 'select digest, size, root from receipts')
  const places = await query<{ receipt: string; jti: string; digest: string; status: 'accepted'; reason: 'schema' | null; path: string[] }>(
    databaseUrl,
    'select * from places order by receipt, leaf_index',
  )
  const byReceipt = Map.groupBy(places, ({ receipt }) => receipt)
  expect([...byReceipt.keys()].toSorted()).toEqual(receipts.map(({ digest }) => digest).toSorted())
  for (const { digest, size, root } of receipts) {
    const leaves = byReceipt.get(digest) ?? []
    const tree = receiptTree(leaves.map(({ reason, ...leaf }) => receiptLeafHash({ ...leaf, ...(reason === null ? {} : { reason }) })))
    expect([leaves.length, tree.root, tree.paths]).toEqual([size, root, leaves.map(({ path }) => path)])
  }
  const logged = await query<{ digest: string }>(
    databaseUrl,
    "select digest from log_entries where kind in ('message.received', 'refusal') and jti is not null",
  )
  expect(logged.map(({ digest }) => digest).toSorted()).toEqual(places.map(({ digest }) => digest).toSorted())
}

it('a read that asks for the head alone, or only for what has changed, leaves its entry as any other', async () => {
  const [opening] = await mixed()
  await post([opening as Sent])
  await net.settle()
  const reads = async () =>
    (
      await query(
        target().databaseUrl,
        "select 1 from (select entry, kind from log_pending union all select entry, kind from log_entries) e where kind = 'access.read'",
      )
    ).length
  const path = `/v1/violation-notices/${opening?.claims.case}`
  const token = await target().token('officer')
  const ask = async (method: string, headers: Record<string, string> = {}) =>
    await fetch(`${target().node.api}${path}`, { method, headers: { authorization: `Bearer ${token}`, ...headers } })
  const shown = await ask('GET')
  expect([shown.status, await reads()]).toEqual([200, 1])
  const head = await ask('HEAD')
  expect([head.status, await reads()]).toEqual([200, 2])
  const unchanged = await ask('GET', { 'if-none-match': shown.headers.get('etag') ?? '' })
  expect([unchanged.status, await reads()]).toEqual([200, 3])
})
