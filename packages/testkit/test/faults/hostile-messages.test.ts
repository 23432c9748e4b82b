import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger, createNode, type Node } from '@hefu/node'
import { MESSAGE_CONTENT_TYPE, MESSAGES_CONTENT_TYPE, publicJwk, type Signer, signerOf } from '@hefu/protocol'
import type { AgencyCode, RegionId } from '@hefu/reference'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newVaultPlace } from '../../src/network/new-vault-place.ts'
import type { Logins } from '../../src/postgres/logins.ts'
import { testDatabase } from '../../src/postgres/test-database.ts'
import { freePort } from '../../src/processes/free-port.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'
import { chengdu, chongqing } from './bodies.ts'
import { type InboxAnswer, keyOfSeed, postInbox, postMany, signedNotice, strangersSigner } from './craft.ts'
import { count, query, rowCounts } from './observe.ts'
import { writeVectorTrust } from './vector-trust.ts'

interface Hostile {
  readonly name: string
  readonly why: string
  readonly token: string
  readonly expected: { readonly status: string; readonly reason: string }
}

const vector = async (name: string) => JSON.parse(await readFile(new URL(`../../../protocol/vectors/${name}`, import.meta.url), 'utf8'))
const { messages } = (await vector('messages-invalid.json')) as { messages: readonly Hostile[] }
const { keys } = (await vector('keys.json')) as { keys: readonly { owner: string; privateSeedHex: string }[] }
const signerNamed = (owner: string) => signerOf(keyOfSeed(keys.find((key) => key.owner === owner)?.privateSeedHex ?? ''))
const unverifiable = messages.filter(({ expected }) => expected.reason === 'unverifiable')
const judged = messages.filter(({ expected }) => expected.reason !== 'unverifiable')

/** What a notice must name under the federation of the vectors. */
const agreed = { agreement: 'chengdu-chongqing-violations/2', from: '510104-0001' as AgencyCode, to: '500103-0001' as AgencyCode }

const database = testDatabase()
const databaseOfWitness = testDatabase()
const log: string[] = []
let node: Node
let witness: Node
let sender: Signer
let dir: string
beforeAll(async () => {
  const ports: Readonly<Record<string, number>> = { [chengdu]: await freePort(), [chongqing]: await freePort() }
  const urls = Object.fromEntries(Object.entries(ports).map(([region, port]) => [region, `http://127.0.0.1:${port}`]))
  dir = await mkdtemp(join(tmpdir(), 'hefu-vectors-'))
  sender = signerNamed(chengdu)
  const start = async (region: string, logins: Logins, roles: NodeRoles) => {
    const started = await createNode(
      {
        region: region as RegionId,
        trust: await writeVectorTrust(dir, region as '510100', urls),
        logSigner: signerNamed(`${region}.hefu.example/log`),
        witnessSigner: signerNamed(`${region}.hefu.example/witness`),
        actorSigner: signerNamed(`${region}.hefu.example/witness`),
        tokenKey: { signer: signerNamed(region), jwk: publicJwk(generateKeyPairSync('ed25519').privateKey) },
        administrators: [],
        vaultPlace: await newVaultPlace(),
        ...logins,
        queueUrl: logins.databaseUrl,
        roles,
        api: { host: '127.0.0.1', port: 0 },
        exchange: { host: '127.0.0.1', port: ports[region] ?? 0 },
        logLevel: 'info',
      },
      { log: createLogger(region, 'debug', { write: (line: string) => void log.push(line) }) },
    )
    await started.start()
    return started
  }
  // Without a witness of its log the node would accept nothing.
  witness = await start(chengdu, databaseOfWitness.logins, ['exchange'])
  node = await start(chongqing, database.logins, ['exchange', 'sequencer'])
  const isReady = async () =>
    node.ctx.federation.regions.every(({ keys }) => keys.length > 0) && (await node.ctx.logState.readNow()).confirmed
  await waitUntil(isReady, 20_000)
})
afterAll(async () => {
  await node?.stop()
  await witness?.stop()
  if (dir !== undefined) await rm(dir, { recursive: true })
})

type NodeRoles = Parameters<typeof createNode>[0]['roles']

/** Once the log is quiet: what is on its way there would be counted twice or not at all. */
async function rows(): Promise<Record<string, number>> {
  const unsettled = `select (select count(*) from log_pending) + (select count(*) from log_heads h
    where not exists (select 1 from log_witnesses w where w.size = h.size) or not exists (select 1 from log_checkpoints c where c.size = h.size and c.witnessed is not null))`
  await waitUntil(async () => (await count(database.url, unsettled)) === 0, 10_000)
  return await rowCounts(database.url)
}

const post = async (body: string | Uint8Array<ArrayBuffer>, headers?: Record<string, string>) =>
  await postInbox(node.exchange ?? '', body, headers)
/** What a stranger can learn from an answer: all of it but the number of the request. */
const shape = ({ status, headers, text }: InboxAnswer) => ({
  status,
  headers: [...headers].filter(([name]) => !/^(date|x-|ratelimit|connection|keep-alive)/.test(name) || name.startsWith('x-content')).sort(),
  text: text.replaceAll(/[0-9a-f]{32}|[0-9a-f-]{36}/g, '#'),
})

describe('what cannot be verified', () => {
  it('is refused, each of the vectors with one and the same answer, and leaves no row behind', async () => {
    const before = await rows()
    const forged = await signedNotice(strangersSigner())
    const reference = await post(forged.token)
    expect(reference).toMatchObject({ status: 400, json: { code: 'unverifiable' } })
    expect(unverifiable.length).toBeGreaterThan(60)
    for (const { name, token } of unverifiable) {
      const answer = await post(token)
      // A body without a byte holds no message at all: there is nothing to verify.
      if (token === '') expect(answer, name).toMatchObject({ status: 400, json: { code: 'malformed-request' } })
      else expect(shape(answer), name).toEqual(shape(reference))
    }
    expect(await rows()).toEqual(before)
    // Of all of them the log has one entry a minute: how many, and a digest over their digests.
    const entries = await query<{ entry: string }>(database.url, "select entry from log_entries where kind = 'refusal'")
    expect(entries.length).toBeGreaterThan(0)
    for (const { entry } of entries)
      expect(JSON.parse(entry)).toEqual({
        v: 1,
        at: expect.any(Number),
        kind: 'refusal',
        reason: 'unverifiable',
        count: expect.any(Number),
        digest: expect.stringMatching(/^[\w-]{43}$/),
      })
    expect(log.filter((line) => /"status":5\d\d/.test(line))).toEqual([])
  })

  it('does not tell an unknown key from a bad signature, nor a known issuer from a stranger', async () => {
    const good = await signedNotice(sender, agreed)
    const flipped = `${good.token.slice(0, -10)}${good.token.at(-10) === 'A' ? 'B' : 'A'}${good.token.slice(-9)}`
    const strangers = await signedNotice(strangersSigner())
    const ownKey = keys.find(({ owner }) => owner === chongqing)?.privateSeedHex ?? ''
    const ownName = await signedNotice(signerOf(keyOfSeed(ownKey)), { iss: chongqing as RegionId, aud: chengdu as RegionId })
    const nameOfAnother = await signedNotice(sender, { iss: chongqing as RegionId, aud: chengdu as RegionId })
    const answers = [flipped, strangers.token, ownName.token, nameOfAnother.token].map(async (token) => shape(await post(token)))
    const [first, ...others] = await Promise.all(answers)
    for (const other of others) expect(other).toEqual(first)
  })

  it('in a batch gets an entry that names nothing; the verified one beside it is answered', async () => {
    const good = await signedNotice(sender, agreed)
    const forged = await signedNotice(strangersSigner())
    const before = await count(database.url, 'select count(*) from inbox')
    const { status, json } = await postMany(node.exchange ?? '', [forged.token, good.token, 'x', ''])
    expect(status).toBe(200)
    const entry = { jti: null, status: 'deferred', reason: 'unverifiable' }
    expect(json.messages).toEqual([entry, expect.objectContaining({ jti: good.claims.jti, status: 'accepted' }), entry, entry])
    expect(await count(database.url, 'select count(*) from inbox')).toBe(before + 1)
  })
})

describe('what is verified and must not be accepted', () => {
  it('is answered as the vectors say: refused with a receipt and without its content, or deferred and not kept', async () => {
    for (const { name, token, expected } of judged) {
      // The vectors share one jti: each is sent to a node that has seen nothing.
      await query(database.url, 'delete from receipts; delete from documents; delete from inbox')
      const before = await kept()
      const first = await post(token)
      expect(first.status, name).toBe(200)
      expect(first.json.messages, name).toEqual([expect.objectContaining(expected)])
      // Refused: jti, D, reason, receipt and place are kept, no content and no case. Deferred: nothing.
      const refused = expected.status === 'refused' ? 1 : 0
      expect(await kept(), name).toEqual({ ...before, inbox: refused, receipts: refused, places: refused })
      if (refused) expect((await post(token)).text, name).toBe(first.text)
    }
    expect(await count(database.url, 'select count(*) from quarantine')).toBe(0)
  })
})

const kept = async () =>
  (
    await query(
      database.url,
      `select (select count(*)::int from inbox) as inbox, (select count(*)::int from receipts) as receipts, (select count(*)::int from places) as places,
        (select count(*)::int from documents where message is not null) as contents, (select count(*)::int from cases) as cases`,
    )
  )[0]

describe('requests that are no delivery', () => {
  it.each([
    ['a Content-Encoding', { 'content-type': MESSAGE_CONTENT_TYPE, 'content-encoding': 'gzip' }, 415],
    ['the Content-Encoding identity', { 'content-type': MESSAGE_CONTENT_TYPE, 'content-encoding': 'identity' }, 415],
    ['application/json', { 'content-type': 'application/json' }, 415],
    ['text/plain', { 'content-type': 'text/plain' }, 415],
    ['a parameter on the type', { 'content-type': `${MESSAGE_CONTENT_TYPE}; charset=utf-8` }, 415],
  ])('%s', async (_, headers, status) => {
    const before = await rows()
    const { token } = await signedNotice(sender, agreed)
    const answer = await post(token, headers)
    expect(answer).toMatchObject({ status, json: { code: 'media-type', status } })
    expect(await rows()).toEqual(before)
  })

  it('501 lines, a message over 256 KiB, a body over 8 MiB: 413, and nothing of them is kept', async () => {
    const before = await rows()
    const { token } = await signedNotice(sender, agreed)
    expect(
      await postMany(
        node.exchange ?? '',
        Array.from({ length: 501 }, () => token),
      ),
    ).toMatchObject({ status: 413, json: { code: 'too-large' } })
    const long = `${token.split('.')[0]}.${'A'.repeat(256 * 1024)}.${token.split('.')[2]}`
    expect(await post(long)).toMatchObject({ status: 413, json: { code: 'too-large' } })
    expect(await postMany(node.exchange ?? '', [token, long])).toMatchObject({ status: 413 })
    // The node may hang up before it has read everything.
    const huge = await post('A'.repeat(8 * 1024 * 1024 + 1), { 'content-type': MESSAGES_CONTENT_TYPE }).catch(() => null)
    if (huge !== null) expect(huge).toMatchObject({ status: 413 })
    expect(await rows()).toEqual(before)
  })

  it('500 lines pass', async () => {
    const signed = await Promise.all(Array.from({ length: 500 }, async () => await signedNotice(sender, agreed)))
    const answer = await postMany(
      node.exchange ?? '',
      signed.map(({ token }) => token),
    )
    expect(answer.status).toBe(200)
    const entries = JSON.parse(answer.text) as { receipts: string[]; messages: { jti: string; status: string }[] }
    expect(entries.receipts).toHaveLength(1)
    expect(entries.messages.map(({ jti, status }) => [jti, status])).toEqual(signed.map(({ claims }) => [claims.jti, 'accepted']))
  })
})

it('after all this, no log line holds a text, a salt or a signature of what came in', () => {
  const tokens = messages.map(({ token }) => token.split('.')).filter((parts) => (parts[1]?.length ?? 0) > 40)
  for (const [, payload = '', signature = ''] of tokens) {
    for (const secret of [payload, signature].filter((text) => text.length > 40))
      expect(log.some((line) => line.includes(secret))).toBe(false)
  }
})
