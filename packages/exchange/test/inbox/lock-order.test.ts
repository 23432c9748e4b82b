import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { certificateRecognition, certificates } from '@hefu/procedures'
import { type MessageClaims, parseFederation, publicJwk, signerOf, signMessage } from '@hefu/protocol'
import { mintCaseNumber, type RegionId, shanghaiDate } from '@hefu/reference'
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { createTestDatabase } from '../../../testkit/src/postgres/test-database.ts'
import { openDatabase } from '../../src/db/open-database.ts'
import { acceptMessages } from '../../src/inbox/accept-messages.ts'
import { applyCases } from '../../src/inbox/apply-cases.ts'
import { putRecord } from '../../src/registers/put-record.ts'
import { sweep } from '../../src/sweep.ts'
import { uuidv7 } from '../../src/uuid.ts'
import { newLogKeys } from '../log-context.ts'
import { type NodeContext, officer, openNodeContext } from '../registers/node-context.ts'

const [own, peer] = [generateKeyPairSync('ed25519').privateKey, generateKeyPairSync('ed25519').privateKey]
/** Every one of these certificates is asked for by many cases: a correction marks them all. */
const records = 10

const parsed = parseFederation({
  version: 1,
  regions: [
    { region: '500000', key: own },
    { region: '510100', key: peer },
  ].map(({ region, key }) => ({
    region,
    name: { zh: region, en: region },
    exchangeUrl: 'http://127.0.0.1:1',
    addresses: ['127.0.0.0/8'],
    keys: [publicJwk(key)],
    ...newLogKeys(region).listed,
  })),
  agencies: ['500000', '510100'].map((region) => ({ code: `${region}-0001`, region, name: { zh: region, en: region } })),
  agreements: [
    {
      id: 'certificate-recognition-2026',
      version: 1,
      procedure: 'certificate-recognition/1',
      regions: ['510100', '500000'],
      purposes: ['certificate-verification'],
      deadlineRules: 1,
      automatic: true,
    },
  ],
})
if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
const { federation } = parsed

const example = certificates.examples[0]?.data as { number: string; occupation: string }
const numberOf = (at: number) => `${example.number.slice(0, -2)}${String(at % records).padStart(2, '0')}`

async function request(at: number): Promise<{ token: string; caseNumber: string }> {
  const body = certificateRecognition.documents.request?.examples[0]?.body as { data: { certificate: object } }
  const iat = Math.floor(Date.now() / 1000)
  const caseNumber = mintCaseNumber('510100' as RegionId, 'CR', shanghaiDate(Date.now()), randomBytes(7))
  const { data, ...rest } = body
  const claims = {
    ...rest,
    data: { ...data, certificate: { ...data.certificate, number: numberOf(at) } },
    iss: '510100',
    aud: '500000',
    jti: uuidv7(Date.now()),
    salt: randomBytes(16).toString('base64url'),
    iat,
    exp: iat + 86_400,
    procedure: 'certificate-recognition/1',
    document: 'request',
    case: caseNumber,
    agreement: 'certificate-recognition-2026/1',
    seen: [],
  } as unknown as MessageClaims
  return { token: (await signMessage(claims, signerOf(peer))).token, caseNumber }
}

const shuffled = <T>(all: readonly T[]): T[] =>
  all
    .map((one) => ({ one, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one)

const open = async (url: string) => await openNodeContext(url, { procedures: [certificateRecognition], federation, signer: signerOf(own) })

/** Accepts so many requests, which nobody applies; answers their cases. */
async function accept({ ctx }: NodeContext, count: number): Promise<string[]> {
  const requests = await Promise.all(Array.from({ length: count }, async (_, at) => await request(at)))
  for (let at = 0; at < count; at += 500) {
    const tokens = requests.slice(at, at + 500).map(({ token }) => token)
    expect((await acceptMessages(ctx, tokens)).status).toBe(200)
  }
  return requests.map(({ caseNumber }) => caseNumber)
}

async function figures({ ctx, lines }: NodeContext) {
  const { rows } = await sql<{ unapplied: number; drafts: number; alerts: number }>`select
    (select count(*)::int from inbox where applied_at is null) as unapplied, (select count(*)::int from alerts) as alerts,
    (select count(*)::int from tasks where state = 'open' and draft is not null) as drafts`.execute(ctx.db)
  return { ...rows[0], failures: lines.filter((line) => line.includes('case.apply-failed')).length }
}

/** Once the node's sessions have ended: they have reported all that they counted. */
async function deadlocksOf(url: string): Promise<number> {
  const db = openDatabase({ url, poolSize: 1, onError: () => {} })
  try {
    const { rows } = await sql<{ n: string }>`select deadlocks as n from pg_stat_database where datname = current_database()`.execute(db)
    return Number(rows[0]?.n)
  } finally {
    await db.destroy()
  }
}

it('sweeps, applications and corrections of a register over one backlog never wait for one another in a circle', async () => {
  const cases = 2000
  const { url } = await createTestDatabase()
  {
    await using node = await open(url)
    const { ctx } = node
    const numbers = await accept(node, cases)
    expect(await figures(node)).toMatchObject({ unapplied: cases })
    // Put off at different times, as a backlog is: due in another order than any that the rows lie or are joined in.
    await sql`update inbox set next_apply_at = now() - random() * interval '1 hour'`.execute(ctx.db)

    const done = { sweeps: 0, applications: 0, corrections: 0 }
    const repeatedly = async (name: keyof typeof done, work: (time: number) => Promise<unknown>) => {
      while (Math.min(...Object.values(done)) < 8) await work(++done[name])
    }
    // Every sweep comes when what the one before it took is due again.
    const sweeps = async (time: number) => await sweep({ ...ctx, now: () => Date.now() + 11_000 * time })
    const applications = async () => await applyCases(ctx, shuffled(numbers).slice(0, 150))
    const corrections = async (time: number) => {
      // Of another occupation than asked for: drafts for an officer, so that every case stays open and asks again.
      const record = { ...example, number: numberOf(time), occupation: `焊工${time}` }
      await putRecord(ctx, officer, certificates.name, record.number, record)
    }
    const loops = { sweeps, applications, corrections }
    await Promise.all(
      [...Object.entries(loops), ...Object.entries(loops)].map(async ([name, work]) => await repeatedly(name as keyof typeof done, work)),
    )
    for (let at = 0; at < cases; at += 500) await applyCases(ctx, numbers.slice(at, at + 500))
    expect(await figures(node)).toEqual({ unapplied: 0, drafts: cases, alerts: 0, failures: 0 })
  }
  expect(await deadlocksOf(url)).toBe(0)
})

it('who is chosen to end a circle nevertheless begins again, without an alert', async () => {
  const { url } = await createTestDatabase()
  {
    await using node = await open(url)
    const { ctx } = node
    const numbers = await accept(node, 2)
    const lock = (digest: string) => sql`select 1 from inbox where digest = ${digest} for update`
    const { rows } = await sql<{ digest: string }>`select digest from inbox order by jti`.execute(ctx.db)
    const [first, second] = rows.map(({ digest }) => digest) as [string, string]
    let applied: Promise<void> | undefined
    await ctx.db.transaction().execute(async (tx) => {
      // Long enough that the other one is chosen.
      await sql`set local deadlock_timeout = '20s'`.execute(tx)
      await lock(second).execute(tx)
      applied = applyCases(ctx, numbers)
      const waits = async () =>
        (await sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(ctx.db)).rows
          .length
      await expect.poll(waits, { interval: 5 }).toBe(1)
      await lock(first).execute(tx)
    })
    await applied
    expect(await figures(node)).toEqual({ unapplied: 0, drafts: 2, alerts: 0, failures: 0 })
  }
  expect(await deadlocksOf(url)).toBe(1)
})
