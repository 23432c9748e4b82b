import type { MessageClaims, SignedMessage } from '@hefu/protocol'
import type { CaseNumber } from '@hefu/reference'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { holdWrites } from '../../src/faults/hold-lock.ts'
import { listOf, TestNetwork } from '../../src/index.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'
import { chengdu, chongqing, correction, notice, retraction } from './bodies.ts'
import { newCase, newJti, postMany, signedNotice } from './craft.ts'
import { count, query, traces } from './observe.ts'

let net: TestNetwork
beforeAll(async () => {
  net = await TestNetwork.create([chengdu, chongqing])
})
afterAll(async () => await net?.[Symbol.asyncDispose]())

type Written = SignedMessage & { readonly claims: MessageClaims }

/** A notice, then what Chengdu wrote behind it before any answer came: it names what is behind an unanswered document as well (ADR 0005). */
async function chain(): Promise<{ caseNumber: CaseNumber; start: Written; refused: Written; end: Written }> {
  const { signer } = net.node(chengdu)
  const caseNumber = newCase()
  const start = await signedNotice(signer, { case: caseNumber })
  const refused = await signedNotice(signer, {
    case: caseNumber,
    document: 'correction',
    seen: [start.digest],
    data: { unknown: true },
  })
  const end = await signedNotice(signer, {
    case: caseNumber,
    document: 'retraction',
    seen: [start.digest, refused.digest],
    data: retraction.data as MessageClaims['data'],
  })
  return { caseNumber, start, refused, end }
}

async function post(...messages: readonly Written[]): Promise<string[]> {
  const { json } = await postMany(
    net.node(chongqing).node.exchange ?? '',
    messages.map(({ token }) => token),
  )
  return listOf(json.messages).map(({ status }) => String(status))
}

/** What is stored of the case, beside what its documents say now: a list, a task and an event follow from the former alone. */
async function storedState(caseNumber: string) {
  const [{ agency } = { agency: '' }] = await query<{ agency: string }>(
    net.node(chongqing).databaseUrl,
    'select agency from cases where case_number = $1',
    [caseNumber],
  )
  const officer = net.node(chongqing).as('officer', agency)
  const { body } = await officer.get(`/v1/cases/${caseNumber}`)
  const [row] = await query<{ state: string; final: boolean }>(
    net.node(chongqing).databaseUrl,
    'select state, final from cases where case_number = $1',
    [caseNumber],
  )
  const standings = await query<{ digest: string; standing: string }>(
    net.node(chongqing).databaseUrl,
    'select digest, standing from documents where case_number = $1',
    [caseNumber],
  )
  const shown = listOf(body.documents).map(({ digest, standing }) => [String(digest), String(standing)])
  return {
    row,
    shown: { state: String(body.state), final: Boolean(body.final) },
    standings: Object.fromEntries(standings.map(({ digest, standing }) => [digest, standing])),
    shownStandings: Object.fromEntries(shown),
    tasks: (await officer.all(`/v1/tasks?state=open&case=${caseNumber}`)).map(({ document }) => document),
  }
}

describe('what was written behind a document that is refused counts here as it does at its author', () => {
  it.each([
    ['all in one request', (c: Awaited<ReturnType<typeof chain>>) => [[c.start, c.refused, c.end]]],
    ['the refused one before the case', (c: Awaited<ReturnType<typeof chain>>) => [[c.refused], [c.start, c.end]]],
    ['the refused one behind the start', (c: Awaited<ReturnType<typeof chain>>) => [[c.start], [c.refused, c.end]]],
    ['the refused one last', (c: Awaited<ReturnType<typeof chain>>) => [[c.start, c.end], [c.refused]]],
    ['the start last', (c: Awaited<ReturnType<typeof chain>>) => [[c.end], [c.refused], [c.start]]],
  ])('%s', async (_, requestsOf) => {
    const written = await chain()
    for (const request of requestsOf(written)) {
      expect(await post(...request)).toEqual(request.map((one) => (one === written.refused ? 'refused' : 'accepted')))
      await net.settle()
    }
    const { caseNumber, start, refused, end } = written
    const standings = { [start.digest]: 'effective', [refused.digest]: 'refused', [end.digest]: 'effective' }
    expect(await storedState(caseNumber)).toEqual({
      row: { state: 'retracted', final: true },
      shown: { state: 'retracted', final: true },
      standings,
      shownStandings: standings,
      tasks: [],
    })
  })
})

it('a start that comes after a refused one says whose case it is, whatever came before both', async () => {
  const { signer } = net.node(chengdu)
  const { caseNumber, start, end } = await chain()
  const other = { to: '500103-0001', from: '510104-0001' } as Pick<MessageClaims, 'to' | 'from'>
  const early = await signedNotice(signer, { ...end.claims, ...other })
  const again = await signedNotice(signer, { ...early.claims, jti: newJti() })
  const wrong = await signedNotice(signer, { case: caseNumber, ...other, data: { unknown: true } })
  for (const [message, status] of [
    [early, 'accepted'],
    [wrong, 'refused'],
    [again, 'accepted'],
    [start, 'accepted'],
  ] as const) {
    expect(await post(message)).toEqual([status])
    await net.settle()
  }
  const read = async (agency: string) => await net.node(chongqing).as('officer', agency).get(`/v1/cases/${caseNumber}`)
  expect((await read(other.to)).status).toBe(404)
  expect((await read(start.claims.to)).body).toMatchObject({
    state: 'notified',
    agency: start.claims.to,
    participants: [{ agency: start.claims.from }, { agency: start.claims.to }],
  })
})

describe('overlapping requests', () => {
  it('come to one case, once, whoever is first', async () => {
    const { signer } = net.node(chengdu)
    const random = (n: number) => Math.floor(Math.random() * n)
    for (let round = 0; round < 6; round++) {
      const cases = await Promise.all(
        Array.from({ length: 6 }, async () => {
          const caseNumber = newCase()
          const starts = [await signedNotice(signer, { case: caseNumber })]
          if (round % 3 === 2) starts.push(await signedNotice(signer, { case: caseNumber, to: '500103-0001' as MessageClaims['to'] }))
          const behind: Written[] = []
          let seen = starts.map(({ digest }) => digest)
          for (const [document, data] of [
            ['correction', correction.data],
            ['retraction', retraction.data],
          ] as const) {
            const one = await signedNotice(signer, { case: caseNumber, document, seen, data: data as MessageClaims['data'] })
            behind.push(one)
            seen = [one.digest]
          }
          return { caseNumber, all: [...starts, ...behind] }
        }),
      )
      const all = cases.flatMap((one) => one.all)
      const requests = Array.from({ length: 8 }, () =>
        all
          .filter(() => random(2) === 0)
          .map((one) => ({ one, at: Math.random() }))
          .sort((a, b) => a.at - b.at)
          .map(({ one }) => one),
      ).filter((request) => request.length > 0)
      requests.push(all)
      const answers = await Promise.all(requests.map(async (request) => await post(...request)))
      expect(new Set(answers.flat())).toEqual(new Set(['accepted']))
      await net.settle()
      for (const { caseNumber, all: written } of cases) {
        const counted = await traces(net.node(chongqing).databaseUrl, caseNumber)
        expect(counted).toMatchObject({ documents: written.length, arrived: written.length, unapplied: 0, doubledEvents: 0 })
        expect(counted.log).toEqual({ 'message.received': written.length })
        const { row, shown, standings, shownStandings } = await storedState(caseNumber)
        expect(row).toEqual(shown)
        expect(standings).toEqual(shownStandings)
      }
    }
  }, 120_000)
})

describe('two requests with the same message at the same instant', () => {
  it('are one case applied, for the metrics too', async () => {
    const applied = async () => {
      const text = await (await fetch(new URL('/metrics', net.node(chongqing).as(null).base))).text()
      return Number(/^hefu_cases_applied_total\{procedure="violation-notice"\} (\d+)/m.exec(text)?.[1] ?? 0)
    }
    const { start } = await chain()
    const before = await applied()
    const { databaseUrl } = net.node(chongqing)
    await using lock = await holdWrites(databaseUrl, 'inbox')
    const answers = [post(start), post(start)]
    await waitUntil(async () => {
      // Of all who wait only these: a sweep may want to write the inbox meanwhile.
      const waiting = `select count(distinct pid) from pg_locks join pg_stat_activity using (pid)
        where not granted and query like 'insert into "inbox"%' and datname = current_database()`
      return (await count(databaseUrl, waiting)) === 2
    }, 10_000)
    await lock.release()
    expect(await Promise.all(answers)).toEqual([['accepted'], ['accepted']])
    await net.settle()
    expect(await applied()).toBe(before + 1)
  })
})

describe('a peer that comes back', () => {
  it('gets at once what the probe of a killed worker held, however long that was to wait', async () => {
    const { databaseUrl } = net.node(chengdu)
    const open = async () => String((await net.node(chengdu).as('officer').post('/v1/violation-notices', notice)).body.document?.id)
    const operator = net.node(chengdu).as('operator')
    await operator.post(`/v1/peers/${chongqing}/pause`)
    const [held, other] = [await open(), await open()]
    // As its worker left it: leased as a probe long before its next attempt, the circuit open, another message next in turn.
    await query(
      databaseUrl,
      `update outbox set attempts = 12, last_failure = 'refused', next_attempt_at = now() + interval '10 minutes',
        lease = gen_random_uuid(), lease_until = now() - interval '1 second', sent_at = now() where jti = $1`,
      [held],
    )
    await query(
      databaseUrl,
      `update peers set failures = 9, last_failure = 'refused', open_until = now(), probed = (select sequence from outbox where jti = $1)
        where region = $2`,
      [held, chongqing],
    )
    await operator.post(`/v1/peers/${chongqing}/resume`)
    const stateOf = async (id: string) => String((await operator.get(`/v1/deliveries/${id}`)).body.state)
    await waitUntil(async () => (await stateOf(other)) === 'delivered', 10_000)
    await waitUntil(async () => (await stateOf(held)) === 'delivered', 10_000)
  })
})
