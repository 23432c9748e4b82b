/**
 * The one-shot service `setup` of docker-compose.yml: writes what the two regions need before anything else starts. Per
 * region a folder with the files of federation-files.ts and the secrets of its own PostgreSQL and Redis, all made here, at
 * random, once: running it again keeps them.
 *
 *   node packages/testkit/src/sandbox/setup.ts --out DIR --region 510100,exchange=http://chengdu:8090,postgres=HOST:PORT,redis=HOST:PORT …
 */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { parseRegionId, type RegionId } from '@hefu/reference'
import { writeFederation, writePolicy } from '../federation-files.ts'
import { type LoginUsers, loginsOf } from '../postgres/logins.ts'

type Place = { region: RegionId; exchange: string; postgres: string; redis: string }

const { values } = parseArgs({ options: { out: { type: 'string' }, region: { type: 'string', multiple: true } } })
const places = (values.region ?? []).map(parsePlace)
if (values.out === undefined || places.length < 2) {
  console.error('需要 --out 目录，以及至少两个 --region\n--out DIR and at least two --region are needed')
  process.exit(2)
}

const files = await writeFederation(values.out, {
  regions: places.map(({ region }) => region),
  exchangeUrls: Object.fromEntries(places.map(({ region, exchange }) => [region, exchange])),
})
for (const place of places) {
  const folder = join(values.out, place.region)
  await writePolicy(join(folder, 'policy.txt'), files[place.region]?.federation ?? '')
  await writeSecrets(folder, place)
}

async function writeSecrets(folder: string, place: Place): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const postgres = await secret(join(folder, 'postgres-password'))
  const redis = await secret(join(folder, 'redis-password'))
  const file = (name: string, lines: string[]) => writeFile(join(folder, name), `${lines.join('\n')}\n`, { mode: 0o600 })
  // Nothing is kept: a lost queue is refilled from PostgreSQL. But a queue must never lose a job to make room.
  await file('redis.conf', [`requirepass ${redis}`, 'save ""', 'appendonly no', 'maxmemory-policy noeviction'])
  const users: LoginUsers = {
    application: { name: 'hefu_application', password: await secret(join(folder, 'application-password')) },
    sequencer: { name: 'hefu_sequencer', password: await secret(join(folder, 'sequencer-password')) },
  }
  await mkdir(join(folder, 'initdb'), { recursive: true, mode: 0o700 })
  await file(
    'initdb/logins.sql',
    Object.values(users).map(({ name, password }) => `create role ${name} login password '${password}';`),
  )
  const logins = loginsOf(`postgres://hefu:${postgres}@${place.postgres}/hefu`, users)
  await file('node.env', [
    `DATABASE_URL=${logins.databaseUrl}`,
    `HEFU_MIGRATION_DATABASE_URL=${logins.migrationDatabaseUrl}`,
    `HEFU_SEQUENCER_DATABASE_URL=${logins.sequencerDatabaseUrl}`,
    `QUEUE_URL=redis://:${redis}@${place.redis}`,
  ])
}

async function secret(path: string): Promise<string> {
  if (existsSync(path)) return (await readFile(path, 'utf8')).trim()
  const text = randomBytes(24).toString('base64url')
  await writeFile(path, text, { mode: 0o600, flag: 'wx' })
  return text
}

function parsePlace(text: string): Place {
  const [code, ...members] = text.split(',')
  const region = parseRegionId(code)
  const { exchange, postgres, redis } = Object.fromEntries(members.map((member) => member.split('=', 2)))
  if (!region.ok || exchange === undefined || postgres === undefined || redis === undefined) {
    console.error(`--region 须为 / must be CODE,exchange=URL,postgres=HOST:PORT,redis=HOST:PORT: ${text}`)
    process.exit(2)
  }
  return { region: region.value, exchange, postgres, redis }
}
