import { migrate, restoreItems } from '@hefu/exchange'
import { certificates, insuranceTransfer, insuredPersons } from '@hefu/procedures'
import { MESSAGE_TYP, type MessageClaims, messageDigest, type Signer, signToken } from '@hefu/protocol'
import type { CaseNumber, RegionId } from '@hefu/reference'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compareHalves } from '../../src/halves.ts'
import { listOf, TestNetwork } from '../../src/index.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'
import { personNumber } from '../federation/people.ts'
import { exampleData, openCase, openTasks } from '../federation/play.ts'
import { chengdu, chongqing, correction, notice, recognitionRequest, registerExample } from './bodies.ts'
import { forgeAnswer, newJti, noticeClaims, postInbox, signedNotice } from './craft.ts'
import { count, query, rowCounts } from './observe.ts'

/** Mianyang signs as it should and says what it must not. */
const mianyang = '510700'

let net: TestNetwork
beforeAll(async () => {
  net = await TestNetwork.create([chengdu, chongqing, mianyang])
})
afterAll(async () => await net?.[Symbol.asyncDispose]())

const exchange = () => net.node(chongqing).node.exchange ?? ''
const database = (region: string) => net.node(region).databaseUrl
const seconds = () => Math.floor(Date.now() / 1000)

/** As it is: `signMessage` would not sign what no peer could accept. */
const sign = async (claims: object, signer: Signer) => await signToken(Buffer.from(JSON.stringify(claims)), MESSAGE_TYP, signer)

async function open(): Promise<{ path: string; caseNumber: CaseNumber; id: string }> {
  const answer = await net.node(chengdu).as('officer').post('/v1/violation-notices', notice)
  expect(answer.status).toBe(201)
  const caseNumber = String(answer.body.caseNumber) as CaseNumber
  return { path: `/v1/violation-notices/${caseNumber}`, caseNumber, id: String(answer.body.document?.id) }
}

/** Between the two regions of the cases; receipts for what nobody's node sent have no other half. */
async function differences(): Promise<string[]> {
  const [one, other] = [chengdu, chongqing].map((region) => ({ region, auditor: net.node(region).as('auditor') }))
  return one && other ? await compareHalves(one, other) : ['no halves']
}

describe('ids of a later year', () => {
  const in2028 = () => newJti(Date.UTC(2028, 5, 1))

  it('are deferred like any clock that is ahead, and nothing is kept', async () => {
    const before = await rowCounts(database(chongqing))
    for (const overrides of [{}, { aud: mianyang as RegionId }, { exp: seconds() - 1 }, { agreement: 'no-such-agreement/1' }]) {
      const claims = noticeClaims({ jti: in2028(), ...overrides })
      const { status, json } = await postInbox(exchange(), await sign(claims, net.node(chengdu).signer))
      expect({ status, json }).toEqual({
        status: 200,
        json: { messages: [{ jti: claims.jti, status: 'deferred', reason: 'clock' }], receipts: [] },
      })
    }
    expect(await rowCounts(database(chongqing))).toEqual(before)
  })

  it('that stand in the default partition keep no node from starting', async () => {
    const url = database(mianyang)
    const jti = in2028()
    const partitions = async () =>
      (
        await query<{ name: string }>(
          url,
          `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where c.relname ~ '^[a-z]+_202[78]$' order by 1`,
        )
      ).map(({ name }) => name)
    await query(url, 'drop table if exists inbox_2028')
    await query(
      url,
      `insert into inbox (jti, iss, digest, first, status, reason, received_at, receipt, leaf_index, path) values ($1, $2, $3, true, 'refused', 'schema', now(), $3, 0, '')`,
      [jti, chengdu, 'A'.repeat(43)],
    )
    expect(await count(url, 'select count(*) from inbox_default where jti = $1', [jti])).toBe(1)
    await migrate(url, { now: Date.UTC(2027, 0, 2) })
    const all = ['documents', 'inbox', 'outbox'].flatMap((table) => [`${table}_2027`, `${table}_2028`])
    expect(await partitions()).toEqual(all.filter((name) => name !== 'inbox_2028'))
    expect(await count(url, 'select count(*) from inbox where jti = $1', [jti])).toBe(1)
    // Once nothing stands in its way, the partition is made.
    await query(url, 'delete from inbox where jti = $1', [jti])
    await migrate(url, { now: Date.UTC(2027, 0, 2) })
    expect(await partitions()).toEqual(all)
  })
})

it('a case whose first message the peer defers does not hold up the other cases', async () => {
  const operator = net.node(chengdu).as('operator')
  expect((await operator.post(`/v1/peers/${chongqing}/pause`)).status).toBe(200)
  const deferred = await open()
  const officer = net.node(chengdu).as('officer')
  const ifMatch = (await officer.get(deferred.path)).headers.get('etag') ?? ''
  const added = await officer.post(`${deferred.path}/correction`, correction, { ifMatch })
  expect(added.status).toBe(201)
  const other = await open()
  const url = database(chengdu)
  const change = async (id: string, set: string) => await query(url, `update outbox set ${set} where jti = $1`, [id])
  await change(deferred.id, "next_attempt_at = now() + interval '10 min', deferrals = 3, attempts = 5, last_failure = 'deferred-registry'")
  // A batch with this one failed twice alike, so it goes in halves; the successor of the deferred one still goes whole.
  await change(other.id, "split = 1, attempts = 2, last_failure = 'http-503'")
  expect((await operator.post(`/v1/peers/${chongqing}/resume`)).status).toBe(200)
  const state = async (id: string) => (await query<{ state: string }>(url, 'select state from outbox where jti = $1', [id]))[0]?.state
  await waitUntil(async () => (await state(other.id)) === 'delivered', 15_000)
  expect([await state(deferred.id), await state(String(added.body.document?.id))]).toEqual(['pending', 'pending'])
  expect((await operator.post(`/v1/deliveries/${deferred.id}/retry`)).status).toBeLessThan(300)
  await net.settle()
  expect(await differences()).toEqual([])
})

describe('what a third region says about a case of the other two', () => {
  const own = { iss: mianyang as RegionId, from: `${mianyang}-0001` as MessageClaims['from'] }
  const signed = async (caseNumber: CaseNumber, overrides: object) =>
    await sign({ ...noticeClaims({ ...own, case: caseNumber }), ...overrides }, net.node(mianyang).signer)
  async function shown(caseNumber: string) {
    const officer = net.node(chongqing).as('officer')
    const [read, timeline] = [await officer.get(`/v1/cases/${caseNumber}`), await officer.get(`/v1/cases/${caseNumber}/timeline`)]
    expect([read.status, timeline.status]).toEqual([200, 200])
    expect(listOf(read.body.documents)).toHaveLength(1)
    return [read.body, timeline.body, read.headers.get('etag')]
  }

  it('is refused and leaves no trace in the case', async () => {
    const { caseNumber } = await open()
    await net.settle()
    const before = await shown(caseNumber)
    const attempts = [
      ['schema', { data: { bad: 1 } }],
      ['schema', { purpose: undefined }],
      ['expired', { iat: seconds() - 7200, exp: seconds() - 1 }],
      ['agreement', { agreement: 'insurance-transfer-2026/1' }],
    ] as const
    for (const [reason, overrides] of attempts) {
      const { status, json } = await postInbox(exchange(), await signed(caseNumber, overrides))
      expect({ status, json }).toMatchObject({ status: 200, json: { messages: [{ status: 'refused', reason }] } })
    }
    await net.settle()
    expect(await shown(caseNumber)).toEqual(before)
    expect(await differences()).toEqual([])
  })

  it('does not come into it by reconciliation either', async () => {
    const { caseNumber } = await open()
    await net.settle()
    const before = await shown(caseNumber)
    // Refused by Chongqing, with its receipt, and lost there since.
    const jti = newJti()
    const message = await signed(caseNumber, { jti, data: { bad: 1 } })
    const leaf = { jti, digest: messageDigest(message), status: 'refused', reason: 'schema' } as const
    const { receipts } = await forgeAnswer([leaf], net.node(chongqing).signer, { iss: chongqing, aud: mianyang })
    const item = { ...leaf, iss: own.iss, message, receipt: String(receipts[0]), index: 0, path: [] }
    const restored = await restoreItems(net.node(chongqing).node.ctx, mianyang, [item])
    // It is taken back as what it was, a refusal: only the case is left alone.
    expect(restored).toMatchObject({ restored: 1, refused: new Map() })
    expect(await shown(caseNumber)).toEqual(before)
    expect(await differences()).toEqual([])
  })
})

it('a case is governed by the agreement of its first document to its end', async () => {
  const { caseNumber } = await open()
  await net.settle()
  await net.restart(chongqing, {
    agreements: (usual) => [...usual, ...usual.filter(({ id }) => id === 'violation-notice-2026').map((one) => ({ ...one, version: 2 }))],
  })
  const read = await net.node(chongqing).as('officer').get(`/v1/cases/${caseNumber}`)
  const followUp = {
    case: caseNumber,
    document: 'correction',
    seen: [String(listOf(read.body.documents)[0]?.digest)],
    data: correction.data as MessageClaims['data'],
  }
  const answerTo = async (overrides: Partial<MessageClaims>) =>
    (await postInbox(exchange(), (await signedNotice(net.node(chengdu).signer, overrides)).token)).json
  const other = { agreement: 'violation-notice-2026/2' }
  expect(await answerTo({ ...followUp, ...other })).toMatchObject({ messages: [{ status: 'refused', reason: 'agreement' }] })
  // A new case may name it.
  expect(await answerTo(other)).toMatchObject({ messages: [{ status: 'accepted' }] })
  await net.restart(chongqing)
})

it('corrections of a record that many open cases ask for never wait for one another in a circle', async () => {
  const answers: number[] = []
  let url = ''
  {
    await using busy = await TestNetwork.create([chengdu, chongqing])
    url = busy.node(chongqing).databaseUrl
    const asked = await Promise.all(
      Array.from(
        { length: 20 },
        async () => await busy.node(chengdu).as('officer').post('/v1/certificate-recognitions', recognitionRequest),
      ),
    )
    expect(asked.map(({ status }) => status)).toEqual(asked.map(() => 201))
    await busy.settle()
    const { path, body } = registerExample(certificates.name)
    const until = performance.now() + 2500
    const correct = async (occupation: string) => {
      // Of another level than asked for: a draft for an officer, so every case stays open.
      while (performance.now() < until)
        answers.push(
          (
            await busy
              .node(chongqing)
              .as('officer')
              .put(path, { ...body, level: '4', occupation })
          ).status,
        )
    }
    await Promise.all(['电工', '焊工', '钳工', '车工'].map(correct))
    await busy.settle({ timeoutMs: 40_000 })
    const open = await busy.node(chongqing).as('officer').all('/v1/tasks?state=open&limit=200')
    expect(open.filter((task) => task.draft !== null)).toHaveLength(20)
  }
  expect(new Set(answers)).toEqual(new Set([200, 201]))
  expect(answers.filter((status) => status === 201)).toHaveLength(1)
  // The node has stopped: its sessions have reported all that they counted.
  const name = new URL(url).pathname.slice(1)
  expect(await count(url, 'select deadlocks from pg_stat_database where datname = $1', [name])).toBe(0)
})

it("a correction that gives a record to somebody else takes away the draft made from the first person's data", async () => {
  const letter = { ...exampleData<object>(insuranceTransfer, 'contact-letter'), accountKind: 'temporary' }
  const { path, body } = registerExample(insuredPersons.name)
  const keeper = net.node(chongqing).as('officer')
  expect((await keeper.put(path, body)).status).toBe(201)
  const played = await openCase(net, insuranceTransfer, chengdu, chongqing, letter)
  await net.settle()
  const drafts = async () => (await openTasks(keeper, played.caseNumber)).filter((task) => task.draft !== null).map(({ draft }) => draft)
  const [draft, ...more] = await drafts()
  expect(more).toEqual([])
  expect(draft).toMatchObject({ document: 'information-form', data: { rows: expect.any(Array) } })
  const person = { ...(body.person as unknown as object), name: '李维', idNumber: personNumber(700) }
  expect((await keeper.put(path, { ...body, person })).status).toBe(200)
  await net.settle()
  // Nobody of that name is registered any more.
  expect(await drafts()).toMatchObject([{ document: 'return', data: { code: 'R02' } }])
})
