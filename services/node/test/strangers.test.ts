import { randomBytes } from 'node:crypto'
import { clientAssertionForm, loadSigner, type Signer, signRequest } from '@hefu/protocol'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startPair, type TestPair } from './node-pair.ts'

let pair: TestPair
beforeAll(async () => {
  pair = await startPair()
})
afterAll(async () => await pair[Symbol.asyncDispose]())

const seconds = () => Math.floor(Date.now() / 1_000)
const listeners = () => [pair.chengdu.node.api ?? '', pair.chengdu.node.exchange ?? '']

const targets = [
  '/',
  '/v1/cases',
  '/v1/cases/../../etc/passwd',
  '/v1/cases/%2e%2e%2f%2e%2e%2fetc%2fpasswd',
  "/v1/registers/employers/x'%20or%201=1--",
  '/v1/clients?limit=1e309',
  '/v1/violation-notices?cursor=AAAA',
  '/v1/exchange-log/entries?from=-1',
  '/v1/__proto__',
  '/oauth/token',
  '/oauth/token?grant_type=client_credentials&grant_type=x',
  '/docs/../v1/keys',
  '/.well-known/hefu?x=%00',
  '/.well-known/hefu/keys/999999',
  '/exchange/v1/inbox',
  '/exchange/v1/heads',
  '/exchange/v1/witness/add-checkpoint',
  '/exchange/v1/log/tile/0/99999999999999999999',
  '/exchange/v1/log/checkpoint/%zz',
  `/${'a/'.repeat(2_000)}`,
]
const headers: readonly Readonly<Record<string, string>>[] = [
  {},
  { authorization: `Bearer ${'x'.repeat(9_000)}` },
  { authorization: 'Hefu eyJhbGciOiJub25lIn0.e30.', 'content-type': 'application/json' },
  { authorization: 'Basic YTpi', 'content-encoding': 'gzip', 'content-type': 'application/json' },
  { 'content-type': 'multipart/form-data; boundary=x', 'x-http-method-override': 'DELETE', 'x-forwarded-for': '127.0.0.1' },
]

it('at least 200 hostile requests over both listeners: no failure of the node, no trace of its code', async () => {
  const seen: { readonly status: number; readonly text: string }[] = []
  for (const base of listeners()) {
    for (const target of targets) {
      const asked = headers.flatMap((more) => ['GET', 'POST', 'DELETE'].map((method) => ({ method, more })))
      const answers = asked.map(async ({ method, more }) => {
        const body = method === 'GET' ? null : '{"__proto__":{"role":"security"},"a":[[[[1e400]]]]}'
        const response = await fetch(`${base}${target}`, { method, headers: more, body })
        return { status: response.status, text: await response.text() }
      })
      seen.push(...(await Promise.all(answers)))
    }
  }
  expect(seen.length).toBeGreaterThanOrEqual(200)
  expect(seen.filter(({ status }) => status >= 500)).toEqual([])
  expect(seen.filter(({ text }) => /\n\s+at |node_modules|\.[jt]s:\d|SELECT|pg_/i.test(text))).toEqual([])
})

const TURNS = 20

/** Asks in turns, so that whatever else the machine does meets all of them. */
async function compare(ask: Readonly<Record<string, () => Promise<Response>>>) {
  const texts = new Set<string>()
  const times = Object.keys(ask).map((): number[] => [])
  for (let turn = -1; turn < TURNS; turn++) {
    for (const [at, one] of Object.values(ask).entries()) {
      const from = performance.now()
      const response = await one()
      const { traceId, instance, ...rest } = (await response.json()) as Record<string, unknown>
      // The first look at an unknown key may ask its region for it; then it is known that there is none.
      if (turn >= 0) times[at]?.push(performance.now() - from)
      texts.add(`${response.status} ${JSON.stringify(rest)}`)
    }
  }
  return { texts: [...texts], medians: times.map((each) => each.toSorted((a, b) => a - b)[TURNS / 2] ?? 0) }
}

/** A key test would tell by far less; a wide bound, because the machine may be busy: what it meets is a look-up or a wait of one kind alone. */
function expectAlike(medians: readonly number[]): void {
  expect(Math.max(...medians)).toBeLessThan(3 * Math.min(...medians) + 25)
}

const forged = ({ kid }: Signer): Signer => ({ kid, sign: async () => randomBytes(64) })
const unknown: Signer = { kid: 'A'.repeat(43), sign: async () => randomBytes(64) }

it('an unknown client, an unknown key and a bad signature get the same answer of the token endpoint, in the same time', async () => {
  const issuer = pair.chengdu.node.api ?? ''
  const own = await loadSigner(pair.chengdu.place.clients.officer.keyFile)
  const ask = (client: string, signer: Signer) => async () => {
    const body = await clientAssertionForm({ client, issuer, now: seconds() }, signer)
    return await fetch(`${issuer}/oauth/token`, { method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded' } })
  }
  // Names of their own: too many failures of one are told to wait.
  const { texts, medians } = await compare({
    client: ask('nobody', own),
    key: ask('sandbox-auditor', unknown),
    signature: ask('sandbox-officer', forged(own)),
  })
  expect(texts).toEqual([expect.stringMatching(/^401 .*invalid_client/)])
  expectAlike(medians)
})

it('an unknown key, a bad signature and another region’s name get the same answer of the exchange listener, in the same time', async () => {
  const url = `${pair.chengdu.node.exchange}/exchange/v1/heads`
  const { signer, region: iss } = pair.chongqing.node.ctx
  const body = '{"days":{"from":"2026-11-22","to":"2026-11-22"}}'
  const ask =
    (by: Signer, as = iss) =>
    async () => {
      const jti = newId()
      const signed = { iss: as, aud: pair.chengdu.region, method: 'POST', url, body, jti, now: seconds() } as const
      const headers = { 'content-type': 'application/json', authorization: await signRequest(signed, by) }
      return await fetch(url, { method: 'POST', body, headers })
    }
  const { texts, medians } = await compare({ key: ask(unknown), signature: ask(forged(signer)), name: ask(signer, pair.chengdu.region) })
  expect(texts).toEqual([expect.stringMatching(/^401 .*unauthenticated/)])
  expectAlike(medians)
})

/** A UUIDv7 of now. */
function newId(): string {
  const hex = Date.now().toString(16).padStart(12, '0') + randomBytes(10).toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `7${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-')
}
