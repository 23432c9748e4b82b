import { once } from 'node:events'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:https'
import { connect as connectPlain } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { connect, type TLSSocket } from 'node:tls'
import { createMetrics } from '@hefu/exchange'
import { violationNotice } from '@hefu/procedures'
import { pino } from 'pino'
import { type GenerateResult, generate } from 'selfsigned'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HANDSHAKE_WITHIN_MS } from '../src/http/limits.ts'
import { type Listener, listen } from '../src/http/listen.ts'
import { openApp } from '../src/http/open-app.ts'
import { keepTlsFresh, loadTls, type TlsFiles } from '../src/http/tls.ts'
import { readSettings } from '../src/settings/read-settings.ts'
import { call, startPair, until } from './node-pair.ts'

let folder: string
let authority: GenerateResult
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hefu-tls-'))
  authority = await generate([{ name: 'commonName', value: 'authority' }], { extensions: [{ name: 'basicConstraints', cA: true }] })
})
afterAll(async () => await rm(folder, { recursive: true }))

const certificate = async (name: string) =>
  await generate([{ name: 'commonName', value: name }], {
    ca: { key: authority.private, cert: authority.cert },
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
  })

async function write(name: string, { cert, private: key }: GenerateResult, mode = 0o600): Promise<TlsFiles> {
  const files = { cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) }
  // Each in one step, as tools that renew certificates do.
  await writeFile(`${files.cert}.new`, cert)
  await writeFile(`${files.key}.new`, key, { mode })
  await rename(`${files.cert}.new`, files.cert)
  await rename(`${files.key}.new`, files.key)
  return files
}

const ctx = () => ({ log: pino({ level: 'silent' }), metrics: createMetrics() })

async function serve(files: TlsFiles) {
  const loaded = await loadTls(files)
  if (!loaded.ok) throw new Error(loaded.problem.en)
  const app = await openApp(ctx(), 'exchange', { tls: loaded.tls })
  const gate = Promise.withResolvers<void>()
  app.get('/hello', () => 'hello')
  app.get('/slow', async () => await gate.promise.then(() => 'slow'))
  return { app, tls: loaded.tls, gate, listener: await listen(app, { host: '127.0.0.1', port: 0 }) }
}

interface Client {
  readonly cert?: string
  readonly key?: string
  readonly agent?: Agent
}

async function get({ url }: Listener, path: string, client: Client = {}) {
  const sent = request(`${url}${path}`, { ca: authority.cert, agent: new Agent({ keepAlive: false }), ...client }).end()
  const [response] = await once(sent, 'response')
  return { status: response.statusCode as number, headers: response.headers, text: await text(response) }
}

async function subjectOf({ url }: Listener): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket: TLSSocket = connect({ host: hostname, port: Number(port), ca: authority.cert })
  await once(socket, 'secureConnect')
  const { subject } = socket.getPeerCertificate()
  socket.destroy()
  return String(subject.CN)
}

describe('a listener with a certificate', () => {
  it('closes a connection that never finishes its handshake as soon as one that never finishes its headers', async () => {
    const { listener } = await serve(await write('unfinished', await certificate('one')))
    const { hostname, port } = new URL(listener.url)
    const socket = connectPlain(Number(port), hostname).on('error', () => {})
    await once(socket, 'connect')
    const openedAt = performance.now()
    socket.write(Buffer.from('1603010200', 'hex'))
    await once(socket, 'close')
    expect(performance.now() - openedAt).toBeLessThan(HANDSHAKE_WITHIN_MS + 5_000)
    await listener.close()
  })

  it('speaks TLS from version 1.2 on, says so to browsers, and answers no plain HTTP', async () => {
    const { app, listener } = await serve(await write('plain', await certificate('one')))
    expect(listener.url).toMatch(/^https:/)
    const answer = await get(listener, '/hello')
    expect(answer).toMatchObject({ status: 200, text: 'hello' })
    expect(answer.headers['strict-transport-security']).toContain('max-age')
    await expect(fetch(listener.url.replace('https', 'http'))).rejects.toThrow()
    const { hostname, port } = new URL(listener.url)
    const old = connect({ host: hostname, port: Number(port), ca: authority.cert, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' })
    await expect(once(old, 'secureConnect')).rejects.toThrow()
    await app.close()
  })

  it('takes only clients of its authority where it asks for one', async () => {
    const ca = join(folder, 'ca.crt')
    await writeFile(ca, authority.cert)
    const { app, listener } = await serve({ ...(await write('mutual', await certificate('one'))), clientCa: ca })
    const peer = await certificate('peer')
    expect(await get(listener, '/hello', { cert: peer.cert, key: peer.private })).toMatchObject({ status: 200 })
    await expect(get(listener, '/hello')).rejects.toThrow()
    const stranger = await generate([{ name: 'commonName', value: 'stranger' }])
    await expect(get(listener, '/hello', { cert: stranger.cert, key: stranger.private })).rejects.toThrow()
    await app.close()
  })

  it('takes a new certificate without a restart, a dropped request or a broken connection', async () => {
    const files = await write('renewed', await certificate('before'))
    const { app, tls, gate, listener } = await serve(files)
    const changes: boolean[] = []
    const end = keepTlsFresh(app.server as never, tls, { everyMs: 20, onChange: ({ ok }) => changes.push(ok) })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    expect(await get(listener, '/hello', { agent })).toMatchObject({ status: 200 })
    const underWay = get(listener, '/slow', { agent })
    expect(await subjectOf(listener)).toBe('before')
    await write('renewed', await certificate('after'))
    for (let failed = 0; (await subjectOf(listener)) !== 'after'; failed++) expect(failed).toBeLessThan(1_000)
    gate.resolve()
    expect(await underWay).toMatchObject({ status: 200, text: 'slow' })
    expect(await get(listener, '/hello', { agent })).toMatchObject({ status: 200 })
    expect(changes.at(-1)).toBe(true)
    // Files that do not fit one another change nothing.
    await writeFile(files.cert, 'half a file')
    while (changes.at(-1) !== false) await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await subjectOf(listener)).toBe('after')
    end()
    agent.destroy()
    await app.close()
  })
})

describe('two nodes', () => {
  it('exchange over mutual TLS, and refuse whoever has no certificate', async () => {
    const peerCaFile = join(folder, 'peers.crt')
    await writeFile(peerCaFile, authority.cert)
    const exchangeTls = { ...(await write('node', await certificate('node'))), clientCa: peerCaFile }
    await using pair = await startPair({}, { tls: { exchangeTls, peerCaFile } })
    const notice = violationNotice.documents.notice?.examples[0]?.body
    const opened = await call(pair.chengdu, '/v1/violation-notices', { body: notice })
    expect(opened.status).toBe(201)
    const { state } = await until(
      async () => (await call(pair.chongqing, `/v1/cases/${opened.body.caseNumber}`)).body,
      ({ caseNumber }) => caseNumber === opened.body.caseNumber,
    )
    expect(state).toBe('notified')
    const url = pair.chongqing.node.exchange ?? ''
    expect(url).toMatch(/^https:/)
    const sent = request(`${url}/.well-known/hefu`, { ca: authority.cert }).end()
    await expect(once(sent, 'response')).rejects.toThrow()
  })
})

describe('settings', () => {
  it('that name half of a pair, or a key for all to read, or two that do not match, stop the start', async () => {
    const env = { HEFU_REGION: '510100', DATABASE_URL: 'postgres://x/y', HEFU_CLIENTS: 'c' }
    const registry = { HEFU_REGISTRY: 'r', HEFU_FEDERATION_KEYS: 'f', HEFU_KEYS: 'k' }
    const keys = { HEFU_LOG_KEY: 'k', HEFU_WITNESS_KEY: 'k', HEFU_ACTOR_KEY: 'k', HEFU_TOKEN_KEY: 'k', HEFU_VAULT_KEY: 'k' }
    const named = (more: Record<string, string>) => {
      const read = readSettings({ ...env, ...registry, ...keys, ...more })
      return read.ok ? [] : read.problems.map(({ setting }) => setting)
    }
    expect(named({})).toEqual([])
    expect(named({ HEFU_API_TLS_CERT: 'x' })).toEqual(['HEFU_API_TLS_KEY'])
    expect(named({ HEFU_EXCHANGE_TLS_KEY: 'x' })).toEqual(['HEFU_EXCHANGE_TLS_CERT'])
    expect(named({ HEFU_EXCHANGE_TLS_CLIENT_CA: 'x' })).toEqual(['HEFU_EXCHANGE_TLS_CERT'])
    expect(named({ HEFU_PEER_REQUESTS_PER_MINUTE: '59' })).toEqual(['HEFU_PEER_REQUESTS_PER_MINUTE'])
    expect(await loadTls(await write('wide', await certificate('one'), 0o644))).toMatchObject({
      ok: false,
      problem: { en: expect.stringContaining('0600'), zh: expect.stringContaining('0600') },
    })
    const one = await write('one', await certificate('one'))
    const other = await write('other', await certificate('other'))
    expect(await loadTls({ cert: one.cert, key: other.key })).toMatchObject({ ok: false })
    expect(await loadTls({ cert: one.cert, key: join(folder, 'nothing') })).toMatchObject({ ok: false })
  })
})
