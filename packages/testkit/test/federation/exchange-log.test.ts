import { afterAll, beforeAll, expect, it } from 'vitest'
import { TestNetwork } from '../../src/index.ts'
import {
  chengdu,
  chongqing,
  completion,
  filing,
  notice,
  recognitionRequest,
  registerExample,
  transferApplication,
} from '../faults/bodies.ts'
import { query } from '../faults/observe.ts'
import { wholeLog } from '../faults/whole-log.ts'

let net: TestNetwork
beforeAll(async () => {
  net = await TestNetwork.create([chengdu, chongqing])
})
afterAll(async () => await net?.[Symbol.asyncDispose]())

const officer = (region: string) => net.node(region).as('officer')

async function add(region: string, path: string, document: string, body: unknown): Promise<void> {
  const ifMatch = (await officer(region).get(path)).headers.get('etag') ?? ''
  expect((await officer(region).post(`${path}/${document}`, body, { ifMatch })).status).toBe(201)
}

async function logOf(region: string) {
  const { databaseUrl, node } = net.node(region)
  return await wholeLog(databaseUrl, node.ctx.exchangeLog.key)
}

it('a run of all three procedures: every entry within its closed schema, every act once, both halves fit', async () => {
  for (const name of ['insured-persons', 'certificates', 'employers']) {
    const { path, body } = registerExample(name)
    expect((await officer(chongqing).put(path, body)).status).toBe(201)
  }
  const paths: string[] = []
  for (const [procedure, body] of [
    ['violation-notices', notice],
    ['insurance-transfers', transferApplication],
    ['certificate-recognitions', recognitionRequest],
  ] as const) {
    const answer = await officer(chengdu).post(`/v1/${procedure}`, body)
    expect(answer.status).toBe(201)
    paths.push(`/v1/${procedure}/${answer.body.caseNumber}`)
  }
  await net.settle()
  await add(chongqing, paths[0] ?? '', 'filing', filing)
  await add(chengdu, paths[1] ?? '', 'completion', completion)
  await net.settle()
  expect(await net.differences()).toEqual([])

  const [here, there] = [await logOf(chengdu), await logOf(chongqing)]
  const facts = (log: typeof here, kind: string) => log.filter((entry) => entry.kind === kind).map(({ v, at, kind: _, ...fact }) => fact)
  for (const [one, other] of [
    [here, there],
    [there, here],
  ] as const) {
    expect(facts(one, 'message.sent').length).toBeGreaterThan(0)
    expect(facts(other, 'message.received')).toEqual(expect.arrayContaining(facts(one, 'message.sent')))
    expect(facts(other, 'message.received')).toHaveLength(facts(one, 'message.sent').length)
    expect(facts(other, 'receipt.issued')).toEqual(expect.arrayContaining(facts(one, 'receipt.received')))
    expect(facts(one, 'node.started')).toMatchObject([{ roles: ['api', 'exchange', 'worker', 'sequencer'] }])
  }
  for (const { databaseUrl } of net.nodes) {
    const documents = await query<{ digest: string }>(databaseUrl, 'select digest from documents order by digest')
    const logged = await query<{ digest: string }>(
      databaseUrl,
      "select digest from log_entries where kind like 'message.%' order by digest",
    )
    expect(logged).toEqual(documents)
    // The columns for look-ups say what the entries say.
    const columns = await query(
      databaseUrl,
      `select index from log_entries where (kind, jti::text, digest, case_number, procedure, at) is distinct from
        (entry::json->>'kind', entry::json->>'jti', entry::json->>'digest', coalesce(entry::json->>'case', case json_array_length(entry::json->'cases') when 1 then entry::json->'cases'->>0 end), entry::json->>'procedure',
         timestamptz 'epoch' + (entry::json->>'at')::bigint * interval '1 ms')`,
    )
    expect(columns).toEqual([])
  }
})
