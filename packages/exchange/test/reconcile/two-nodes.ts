import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { registers, violationNotice } from '@hefu/procedures'
import { parseFederation, publicJwk, signerOf, splitInboxBody } from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import pino from 'pino'
import type { Context } from '../../src/context.ts'
import { openDatabase } from '../../src/db/open-database.ts'
import { HefuError } from '../../src/errors.ts'
import { acceptMessages } from '../../src/inbox/accept-messages.ts'
import { RecentMessages } from '../../src/inbox/recent-messages.ts'
import { logContextOf } from '../../src/log/log-context.ts'
import { logStateReader } from '../../src/log/log-state.ts'
import { UnverifiableTexts } from '../../src/log/unverifiable-texts.ts'
import { createMetrics } from '../../src/metrics.ts'
import { openQueue } from '../../src/queue/queue.ts'
import { Rates } from '../../src/rates.ts'
import { answerHeads } from '../../src/reconcile/answer-heads.ts'
import { KeyMisses } from '../../src/trust/key-misses.ts'
import { callerOf, testAccess } from '../callers.ts'
import { newLogKeys } from '../log-context.ts'
import { openTestVault, vaultPlaceOf } from '../open-test-vault.ts'

type LogKeys = ReturnType<typeof newLogKeys>

export const CHENGDU = '510100' as RegionId
export const CHONGQING = '500000' as RegionId
export const operator = callerOf('operators', 'operator')

export interface TwoNodes extends AsyncDisposable {
  readonly chengdu: Context
  readonly chongqing: Context
  /** What both logged, a line of JSON each. */
  readonly lines: string[]
  /** Changes how Chongqing answers the next requests; null: as it should. */
  disturb(how: ((question: unknown, answer: unknown) => unknown) | null): void
}

/** Two nodes without their processes: own databases, own keys, real HTTP between them. The clock starts at noon of 2026-11-20 in Shanghai. */
export async function openTwoNodes(urls: { chengdu: string; chongqing: string }): Promise<TwoNodes> {
  const started = Date.now()
  const now = () => Date.parse('2026-11-20T12:00:00+08:00') + Date.now() - started
  const lines: string[] = []
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) })
  const servers = new Map([
    [CHENGDU, createServer()],
    [CHONGQING, createServer()],
  ])
  const keys = new Map([...servers.keys()].map((region) => [region, generateKeyPairSync('ed25519').privateKey]))
  for (const server of servers.values()) await once(server.listen(0, '127.0.0.1'), 'listening')
  const logKeys = new Map([...servers.keys()].map((region) => [region, newLogKeys(region)]))
  const federation = federationOf(servers, keys, logKeys)
  const open = async (region: RegionId, url: string, db = openDatabase({ url, poolSize: 10, onError: () => {} })): Promise<Context> => ({
    region,
    db,
    vault: await openTestVault(db, url, now),
    vaultPlace: vaultPlaceOf(url),
    backupDays: 35,
    queue: await openQueue({ url, prefix: region, log }),
    federation,
    procedures: [violationNotice],
    registers,
    signer: signerOf(keys.get(region) as KeyObject),
    ownSigners: [],
    access: testAccess(db),
    exchangeLog: logContextOf(() => federation, region, (logKeys.get(region) as LogKeys).signers),
    actorKey: new Uint8Array(32),
    logState: logStateReader({ db, now }),
    now,
    log,
    metrics: createMetrics(),
    unverifiable: new UnverifiableTexts(),
    keyMisses: new KeyMisses(),
    recent: new RecentMessages(),
    peerRates: new Rates({ requests: 1_000, seconds: 10 }),
    peerTls: undefined,
  })
  const chengdu = await open(CHENGDU, urls.chengdu)
  const chongqing = await open(CHONGQING, urls.chongqing)
  let disturbance: ((question: unknown, answer: unknown) => unknown) | null = null
  servers.get(CHENGDU)?.on('request', (request, response) => void serve(chengdu, request, response, null))
  servers.get(CHONGQING)?.on('request', (request, response) => void serve(chongqing, request, response, disturbance))
  return {
    chengdu,
    chongqing,
    lines,
    disturb(how) {
      disturbance = how
    },
    async [Symbol.asyncDispose]() {
      for (const server of servers.values()) {
        server.closeAllConnections()
        server.close()
      }
      for (const ctx of [chengdu, chongqing]) {
        await ctx.queue.close()
        await ctx.db.destroy()
      }
    },
  }
}

async function serve(
  ctx: Context,
  request: IncomingMessage,
  response: ServerResponse,
  disturb: ((question: unknown, answer: unknown) => unknown) | null,
) {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const { status, body } = await answer(ctx, request, Buffer.concat(chunks), disturb).catch((error: unknown) => ({
    status: error instanceof HefuError && error.code === 'unauthenticated' ? 401 : error instanceof HefuError ? 400 : 500,
    body: { code: error instanceof HefuError ? error.code : 'internal' },
  }))
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

async function answer(
  ctx: Context,
  request: IncomingMessage,
  body: Buffer,
  disturb: ((question: unknown, answer: unknown) => unknown) | null,
): Promise<{ status: number; body: unknown }> {
  const path = request.url ?? ''
  if (path === '/exchange/v1/heads') {
    const answered = await answerHeads(ctx, { authorization: request.headers.authorization, path, body })
    return { status: 200, body: disturb ? disturb(JSON.parse(body.toString()), answered) : answered }
  }
  const messages = splitInboxBody(request.headers['content-type'], body)
  if (!messages.ok) return { status: 415, body: {} }
  const accepted = await acceptMessages(ctx, messages.tokens)
  return { status: accepted.status, body: accepted.status === 200 ? accepted.answer : {} }
}

function portOf(server: Server | undefined): number {
  return (server?.address() as AddressInfo | undefined)?.port ?? 0
}

function federationOf(
  servers: ReadonlyMap<RegionId, Server>,
  keys: ReadonlyMap<RegionId, KeyObject>,
  logKeys: ReadonlyMap<RegionId, LogKeys>,
) {
  const regions = [...servers.keys()]
  const parsed = parseFederation({
    version: 1,
    regions: regions.map((region) => ({
      region,
      name: { zh: region, en: region },
      exchangeUrl: `http://127.0.0.1:${portOf(servers.get(region))}`,
      addresses: ['127.0.0.0/8'],
      keys: [publicJwk(keys.get(region) as KeyObject)],
      ...logKeys.get(region)?.listed,
    })),
    agencies: regions.map((region) => ({ code: `${region}-0001`, region, name: { zh: region, en: region } })),
    agreements: [
      {
        id: 'violation-notice-2026',
        version: 1,
        procedure: 'violation-notice/1',
        regions,
        purposes: ['labour-inspection'],
        deadlineRules: 1,
        automatic: true,
      },
    ],
  })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return parsed.federation
}
