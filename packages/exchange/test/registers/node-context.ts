import { generateKeyPairSync } from 'node:crypto'
import { registers, violationNotice } from '@hefu/procedures'
import { parseFederation, publicJwk, signerOf } from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import pino from 'pino'
import type { Context } from '../../src/context.ts'
import { openDatabase } from '../../src/db/open-database.ts'
import { RecentMessages } from '../../src/inbox/recent-messages.ts'
import { logContextOf } from '../../src/log/log-context.ts'
import { logStateReader } from '../../src/log/log-state.ts'
import { UnverifiableTexts } from '../../src/log/unverifiable-texts.ts'
import { createMetrics } from '../../src/metrics.ts'
import { openQueue } from '../../src/queue/queue.ts'
import { Rates } from '../../src/rates.ts'
import { KeyMisses } from '../../src/trust/key-misses.ts'
import { callerOf, testAccess } from '../callers.ts'
import { newLogKeys } from '../log-context.ts'
import { openTestVault, vaultPlaceOf } from '../open-test-vault.ts'

export const officer = callerOf('chongqing-systems', 'officer', '500000-0001')
export const otherOfficer = callerOf('beibei-systems', 'officer', '500109-0001')
export const operator = callerOf('operators', 'operator')

export interface NodeContext extends AsyncDisposable {
  readonly ctx: Context
  /** What was logged, a line of JSON each. */
  readonly lines: string[]
}

/** The context of a node of Chongqing on this database, with its queue there too. */
export async function openNodeContext(url: string, overrides: Partial<Context> = {}): Promise<NodeContext> {
  const lines: string[] = []
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) })
  const db = openDatabase({ url, poolSize: 10, onError: () => {} })
  const queue = await openQueue({ url, prefix: '500000', log })
  const keys = generateKeyPairSync('ed25519')
  const region = '500000' as RegionId
  const logKeys = { '500000': newLogKeys('500000'), '510100': newLogKeys('510100') }
  const federation = federationOf(
    { '500000': publicJwk(keys.privateKey), '510100': publicJwk(generateKeyPairSync('ed25519').privateKey) },
    logKeys,
  )
  const ctx: Context = {
    region,
    db,
    vault: await openTestVault(db, url),
    vaultPlace: vaultPlaceOf(url),
    backupDays: 35,
    queue,
    federation,
    procedures: [violationNotice],
    registers,
    signer: signerOf(keys.privateKey),
    ownSigners: [],
    exchangeLog: logContextOf(() => federation, region, logKeys[region as '500000'].signers),
    actorKey: new Uint8Array(32),
    access: testAccess(db),
    logState: logStateReader({ db, now: Date.now }),
    now: Date.now,
    log,
    metrics: createMetrics(),
    unverifiable: new UnverifiableTexts(),
    keyMisses: new KeyMisses(),
    recent: new RecentMessages(),
    peerRates: new Rates({ requests: 1_000, seconds: 10 }),
    peerTls: undefined,
    ...overrides,
  }
  const close = async () => {
    await queue.close()
    await db.destroy()
  }
  return { ctx, lines, [Symbol.asyncDispose]: close }
}

function federationOf(
  keys: Readonly<Record<string, ReturnType<typeof publicJwk>>>,
  logKeys: Readonly<Record<string, ReturnType<typeof newLogKeys>>>,
) {
  const regions = Object.keys(keys)
  const parsed = parseFederation({
    version: 1,
    regions: regions.map((region) => ({
      region,
      name: { zh: region, en: region },
      exchangeUrl: 'http://127.0.0.1:1/exchange/v1',
      addresses: ['127.0.0.0/8'],
      keys: [keys[region]],
      ...logKeys[region]?.listed,
    })),
    agencies: ['500000-0001', '500109-0001', '510100-0001'].map((code) => ({
      code,
      region: code.startsWith('51') ? '510100' : '500000',
      name: { zh: code, en: code },
    })),
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
