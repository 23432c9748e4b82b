import { certificateRecognition, insuranceTransfer, insuredPersons, procedures, violationNotice } from '@hefu/procedures'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ApiClient, type Json, listOf, type RestartChanges, TestNetwork } from '../../src/index.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'
import { newJti, postInbox, signedNotice } from '../faults/craft.ts'
import { exampleData, openCase, openTasks, readCase, tryDocument } from './play.ts'

let net: TestNetwork
beforeAll(async () => {
  net = await TestNetwork.create(['510100', '500000'])
})
afterAll(async () => await net[Symbol.asyncDispose]())

const operator = (region = '510100') => net.node(region).as('operator')
const notice = () => exampleData<Record<string, unknown>>(violationNotice, 'notice')
const open = async (owner = '510100', other = '500000') => await openCase(net, violationNotice, owner, other, notice())
const delivery = async (caseNumber: string, region = '510100') =>
  (await operator(region).all(`/v1/deliveries?case=${caseNumber}`))[0] as Json

/** While the work is done the node runs otherwise; afterwards again as all do. */
async function whileRestarted<Result>(region: string, changes: RestartChanges, work: () => Promise<Result>): Promise<Result> {
  await net.restart(region, changes)
  return await work().finally(async () => await net.restart(region))
}

describe('a paused peer', () => {
  it('is sent nothing, what it sends is accepted, and resuming sends what waited', async () => {
    const [to, from] = [net.link('510100', '500000'), net.link('500000', '510100')]
    expect((await operator().post('/v1/peers/500000/pause')).body).toMatchObject({
      paused: true,
      pausedBy: 'sandbox-operator',
      pausedAt: expect.any(String),
    })
    const before = { to: to.counts().requests, from: from.counts().requests }
    const [waiting, arriving] = [await open(), await open('500000', '510100')]
    await waitUntil(async () => String((await delivery(arriving.caseNumber, '500000')).state) === 'delivered', 10_000)
    await waitUntil(async () => String((await readCase(net, arriving, '510100')).state) === 'notified', 10_000)
    // Longer than a sweep, which would find the due message.
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect(to.counts().requests).toBe(before.to)
    expect(from.counts().requests).toBeGreaterThan(before.from)
    expect(await delivery(waiting.caseNumber)).toMatchObject({ state: 'pending', attempts: 0, answeredAt: null, lastFailure: null })
    expect((await operator().get('/v1/peers/500000')).body).toMatchObject({ paused: true, circuit: 'closed', outbox: { pending: 1 } })
    expect((await operator().all('/v1/deliveries?state=pending')).map((one) => one.caseNumber)).toEqual([waiting.caseNumber])

    expect((await operator().post('/v1/peers/500000/resume')).body).toMatchObject({ paused: false, pausedBy: null, pausedAt: null })
    await net.settle()
    expect(await delivery(waiting.caseNumber)).toMatchObject({ state: 'delivered', nextAttemptAt: null, answeredAt: expect.any(String) })
    expect((await operator().get('/v1/peers/500000')).body).toMatchObject({ outbox: { pending: 0, oldestSeconds: null } })
    expect(await net.differences()).toEqual([])
  })

  it('must be a peer', async () => {
    for (const region of ['510100', '510700']) {
      for (const act of ['pause', 'resume'])
        expect((await operator().post(`/v1/peers/${region}/${act}`)).body).toMatchObject({ status: 404, code: 'not-found' })
    }
  })
})

describe('deliveries', () => {
  it('that were refused: why, with the receipt; sending again is a task for the officer, the same one each time', async () => {
    const otherPurposes: RestartChanges = { agreements: (usual) => usual.map((one) => ({ ...one, purposes: ['another-purpose'] })) }
    const played = await whileRestarted('500000', otherPurposes, async () => {
      const opened = await open()
      await net.settle()
      return opened
    })
    const refused = await delivery(played.caseNumber)
    expect(refused).toMatchObject({ state: 'refused', peer: '500000' })
    expect((await operator().all('/v1/deliveries?state=refused')).map((one) => one.id)).toEqual([refused.id])
    expect((await operator().get(`/v1/deliveries/${refused.id}`)).body).toMatchObject({ refusal: 'agreement', receipt: expect.any(String) })
    expect(await readCase(net, played, '510100')).toMatchObject({
      state: 'undelivered',
      final: true,
      documents: [{ standing: 'refused', reasonCode: 'agreement' }],
    })
    expect((await net.node('500000').as('officer').get(`/v1/cases/${played.caseNumber}`)).status).toBe(404)

    const again = await operator().post(`/v1/deliveries/${refused.id}/send-again`)
    expect((await operator().post(`/v1/deliveries/${refused.id}/send-again`)).body).toEqual(again.body)
    const tasks = await openTasks(net.node('510100').as('officer'), played.caseNumber)
    expect(tasks.map((task) => [task.id, task.document])).toEqual([[again.body.task, 'notice']])
    expect((await operator().post(`/v1/deliveries/${refused.id}/retry`)).body).toMatchObject({ status: 409, code: 'conflict' })
  })

  it('that are deferred: attempts with cause and remedy in both languages; a retry delivers once the cause is gone', async () => {
    // A procedure that it holds no case of: without those of its cases it would not start.
    const olderNode = { procedures: procedures.filter((one) => one !== certificateRecognition) }
    const { played, deferred } = await whileRestarted('500000', olderNode, async () => {
      const played = await openCase(net, certificateRecognition, '510100', '500000', exampleData(certificateRecognition, 'request'))
      await waitUntil(async () => String((await delivery(played.caseNumber)).state) === 'deferred', 10_000)
      const deferred = await delivery(played.caseNumber)
      expect(deferred).toMatchObject({
        lastFailure: {
          cause: 'deferred-version',
          zh: expect.stringMatching(/\p{Script=Han}/u),
          en: expect.any(String),
          remedy: { zh: expect.stringMatching(/\p{Script=Han}/u), en: expect.any(String) },
        },
      })
      expect((await operator().all('/v1/deliveries?state=deferred&peer=500000')).map((one) => one.id)).toEqual([deferred.id])
      expect((await operator().post(`/v1/deliveries/${deferred.id}/send-again`)).body).toMatchObject({ status: 409, code: 'conflict' })
      // No attempt of its own meets the node while it restarts.
      await operator().post('/v1/peers/500000/pause')
      return { played, deferred }
    })
    const { history } = (await operator().get(`/v1/deliveries/${deferred.id}`)).body
    expect(listOf(history)[0]).toMatchObject({ attempt: 1, cause: 'deferred-version', httpStatus: 200, batch: 1 })
    expect((await operator().post(`/v1/deliveries/${deferred.id}/retry`)).status).toBe(200)
    await operator().post('/v1/peers/500000/resume')
    await net.settle()
    expect(await delivery(played.caseNumber)).toMatchObject({ state: 'delivered' })
    expect(await net.differences()).toEqual([])
  })

  it('are filtered by peer, case and state, and refuse what is none of them', async () => {
    const all = await operator().all('/v1/deliveries')
    expect((await operator().all('/v1/deliveries?peer=500000')).length).toBe(all.length)
    expect(await operator().all('/v1/deliveries?peer=510700')).toEqual([])
    const [one] = all
    expect((await operator().all(`/v1/deliveries?case=${one?.caseNumber}`)).map(({ id }) => id)).toEqual([one?.id])
    for (const query of ['state=lost', 'peer=cq', 'case=1', 'limit=0'])
      expect((await operator().get(`/v1/deliveries?${query}`)).body).toMatchObject({ status: 400, code: 'malformed-request' })
    expect((await operator().get(`/v1/deliveries/${newJti()}`)).status).toBe(404)
  })
})

describe('alerts', () => {
  it('ring once, and are acknowledged once', async () => {
    const jti = newJti()
    const { signer } = net.node('510100')
    const [one, other] = [await signedNotice(signer, { jti }), await signedNotice(signer, { jti })]
    const exchange = net.node('500000').node.exchange ?? ''
    expect((await postInbox(exchange, one.token)).json).toMatchObject({ messages: [{ status: 'accepted' }] })
    for (let twice = 0; twice < 2; twice++) {
      expect((await postInbox(exchange, other.token)).json).toMatchObject({ messages: [{ status: 'refused', reason: 'reused-id' }] })
    }
    await net.settle()
    const [alert, ...more] = await operator('500000').all('/v1/alerts?open=true')
    expect(more).toEqual([])
    expect(alert).toMatchObject({
      kind: 'message.reused-id',
      peer: '510100',
      jti,
      detail: { digest: other.digest },
      acknowledgedAt: null,
      acknowledgedBy: null,
    })
    for (let twice = 0; twice < 2; twice++) expect((await operator('500000').post(`/v1/alerts/${alert?.id}/acknowledge`)).status).toBe(204)
    expect(await operator('500000').all('/v1/alerts?open=true')).toEqual([])
    expect(await operator('500000').all('/v1/alerts')).toMatchObject([
      { id: alert?.id, acknowledgedAt: expect.any(String), acknowledgedBy: 'sandbox-operator' },
    ])
    expect((await operator('500000').post(`/v1/alerts/${newJti()}/acknowledge`)).status).toBe(404)
  })
})

describe('who must not see content', () => {
  const canary = { name: '金丝雀', idNumber: '500103198812310020', facts: '甲乙丙丁戊己庚辛' }

  /** Every GET of the OpenAPI document that this caller may read, with the ids of everything it may list. */
  async function readAll(client: ApiClient): Promise<{ path: string; text: string; body: Json }[]> {
    const { paths } = (await client.get('/docs/json')).body
    const templates = Object.keys(paths ?? {}).filter((path) => paths?.[path]?.get && path.startsWith('/v1'))
    const ids = {
      caseNumber: new Set<string>(),
      id: new Set<string>(),
      digest: new Set<string>(),
      region: new Set(['500000', '510100']),
    }
    const seen: { path: string; text: string; body: Json }[] = []
    const read = async (path: string) => {
      const answer = await client.get(path)
      if (answer.status !== 200) return
      seen.push({ path, text: JSON.stringify(answer.body), body: answer.body })
      // Their ids lead nowhere.
      if (path === '/v1/agreements') return
      for (const name of ['caseNumber', 'id', 'digest'] as const) {
        for (const [, value] of JSON.stringify(answer.body).matchAll(new RegExp(`"${name}":"([^"]+)"`, 'g'))) ids[name].add(value as string)
      }
    }
    for (const path of templates.filter((template) => !template.includes('{'))) await read(path)
    const some = (values: ReadonlySet<string>) => [...values].slice(0, 4)
    for (const template of templates.filter((one) => one.includes('{'))) {
      const first = /\{(\w+)\}/.exec(template)?.[1] as keyof typeof ids
      for (const value of some(ids[first] ?? new Set())) {
        const path = template.replace(`{${first}}`, encodeURIComponent(value))
        if (!path.includes('{')) await read(path)
        else for (const id of some(ids.id)) await read(path.replace(/\{\w+\}/, encodeURIComponent(id)))
      }
    }
    return seen
  }

  /** A member that is null shows nothing: an auditor's evidence has its messages as null. */
  const membersOf = (value: unknown): string[] =>
    typeof value !== 'object' || value === null
      ? []
      : Object.entries(value).flatMap(([name, one]) => [...(Array.isArray(value) || one === null ? [] : [name]), ...membersOf(one)])

  it('auditors and operators read no document, no draft and no name, on either side', async () => {
    const letter = exampleData<Record<string, unknown> & { person: object }>(insuranceTransfer, 'contact-letter')
    const record = insuredPersons.examples[0]?.data as Record<string, unknown> & { person: object }
    const { certificate } = exampleData<{ certificate: Record<string, unknown> }>(certificateRecognition, 'request')
    await net
      .node('500000')
      .as('officer')
      .put('/v1/registers/insured-persons/CANARY-1', {
        ...record,
        relationNumber: 'CANARY-1',
        person: { ...record.person, name: canary.name },
      })
    await openCase(net, insuranceTransfer, '510100', '500000', { ...letter, person: { ...letter.person, name: canary.name } })
    await openCase(net, certificateRecognition, '510100', '500000', {
      certificate: { ...certificate, holder: { name: canary.name, idNumber: canary.idNumber } },
      use: 'hiring',
    })
    const played = await openCase(net, violationNotice, '510100', '500000', { ...notice(), facts: canary.facts })
    await net.settle()
    expect(
      (await tryDocument(net, played, '500000', 'filing', { ...exampleData<object>(violationNotice, 'filing'), remarks: canary.name }))
        .status,
    ).toBe(201)
    await net.settle()

    const personal = [...Object.values(canary), '91500112MA5U7B2C22', '陈立新', String(certificate.number)]
    for (const region of ['510100', '500000']) {
      // The officer does read it: what follows would prove nothing otherwise.
      const officers = (await readAll(net.node(region).as('officer'))).map(({ text }) => text).join('\n')
      for (const value of [canary.name, canary.facts, canary.idNumber]) expect(officers).toContain(value)
      for (const [role, atLeast] of [
        ['auditor', 12],
        ['operator', 6],
      ] as const) {
        const seen = await readAll(net.node(region).as(role))
        expect(seen.length).toBeGreaterThan(atLeast)
        for (const { path, text, body } of seen) {
          const members = membersOf(body)
          // In the log and in evidence a note is a signed checkpoint; elsewhere it is what an officer is told of a draft.
          const ofLog = path.startsWith('/v1/exchange-log/') || path.endsWith('/evidence')
          for (const member of ['data', 'message', 'draft', 'basis', ...(ofLog ? [] : ['note'])])
            expect([path, ...members]).not.toContain(member)
          for (const value of personal) expect(`${path} ${text}`).not.toContain(value)
        }
      }
    }
  })
})
