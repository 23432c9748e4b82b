import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { RegionId } from '@hefu/reference'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fileEnvironment, type RegionFiles, writeFederation } from '../../../packages/testkit/src/federation-files.ts'
import { createTestDatabase, testDatabase } from '../../../packages/testkit/src/postgres/test-database.ts'
import { query } from '../../../packages/testkit/test/faults/observe.ts'
import { readSettings } from '../src/settings/read-settings.ts'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const database = testDatabase()
let folder: string
let files: RegionFiles
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hefu-process-'))
  const regions = ['510100', '500000'] as RegionId[]
  const written = await writeFederation(folder, { regions, exchangeUrls: { 510100: 'http://127.0.0.1:9', 500000: 'http://127.0.0.1:9' } })
  files = written['510100'] as RegionFiles
})
afterAll(async () => await rm(folder, { recursive: true }))

function settings(): Record<string, string> {
  return {
    HEFU_REGION: '510100',
    ...fileEnvironment(files),
    DATABASE_URL: database.logins.databaseUrl,
    HEFU_MIGRATION_DATABASE_URL: database.logins.migrationDatabaseUrl,
    HEFU_SEQUENCER_DATABASE_URL: database.logins.sequencerDatabaseUrl,
    HEFU_API_PORT: '0',
    HEFU_EXCHANGE_PORT: '0',
  }
}

function start(env: Record<string, string>) {
  return spawn(process.execPath, [main], { env: { PATH: process.env.PATH ?? '', ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
}

async function refusal(env: Record<string, string>): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = start(env)
  const [[code], stdout, stderr] = await Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)])
  return { code: code as number | null, stdout, stderr }
}

describe('settings', () => {
  it('are all reported when they are missing', async () => {
    const { code, stdout, stderr } = await refusal({})
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    for (const name of [
      'HEFU_REGION',
      'HEFU_REGISTRY',
      'HEFU_FEDERATION_KEYS',
      'HEFU_KEYS',
      'HEFU_LOG_KEY',
      'HEFU_WITNESS_KEY',
      'HEFU_ACTOR_KEY',
      'HEFU_TOKEN_KEY',
      'HEFU_VAULT_KEY',
      'HEFU_CLIENTS',
      'DATABASE_URL',
    ]) {
      expect(stderr).toMatch(new RegExp(`^ {2}${name}: .*[一-鿿].* / is required`, 'm'))
    }
  })

  it('are few: without a word an access token lasts ten minutes', () => {
    expect(readSettings(settings())).toMatchObject({ ok: true, value: { tokenSeconds: 600 } })
  })

  it('are all reported when they are wrong, and never shown', async () => {
    const { code, stderr } = await refusal({
      ...settings(),
      HEFU_REGION: 'SECRET-region',
      DATABASE_URL: 'mysql://user:SECRET@host/db',
      HEFU_MIGRATION_DATABASE_URL: 'SECRET',
      HEFU_SEQUENCER_DATABASE_URL: 'redis://:SECRET@host',
      QUEUE_URL: 'SECRET',
      HEFU_ROLES: 'api,SECRET',
      HEFU_API_PORT: '70000',
      HEFU_API_HOST: 'SECRET host',
      HEFU_LOG_LEVEL: 'SECRET',
      HEFU_STOP_WITH_PARENT: 'SECRET',
      HEFU_EXCHAGNE_PORT: '8090',
    })
    expect(code).toBe(2)
    const named = [...stderr.matchAll(/^ {2}(\w+): /gm)].map(([, name]) => name)
    expect(named.sort()).toEqual(
      [
        'DATABASE_URL',
        'HEFU_API_HOST',
        'HEFU_API_PORT',
        'HEFU_EXCHAGNE_PORT',
        'HEFU_LOG_LEVEL',
        'HEFU_MIGRATION_DATABASE_URL',
        'HEFU_SEQUENCER_DATABASE_URL',
        'HEFU_REGION',
        'HEFU_ROLES',
        'HEFU_STOP_WITH_PARENT',
        'QUEUE_URL',
      ].sort(),
    )
    expect(stderr).not.toContain('SECRET')
  })

  it('are checked together with the files that they name', async () => {
    const clients = join(folder, 'bad-clients.json')
    await writeFile(clients, '{"clients":[{"client":"a","role":"officer","tokenSha256":"SECRET"},{"client":"SECRET KEY"}]}')
    const key = join(folder, 'open-key.pem')
    await writeFile(key, 'SECRET')
    await chmod(key, 0o644)
    const pins = join(folder, 'not-json.json')
    await writeFile(pins, '{"SECRET":1,"SECRET":2}')
    const keys = join(folder, 'open-keys')
    await mkdir(keys)
    await copyFile(key, join(keys, 'key.pem'))
    await chmod(join(keys, 'key.pem'), 0o644)
    const { code, stderr } = await refusal({
      ...settings(),
      HEFU_CLIENTS: clients,
      HEFU_KEYS: keys,
      HEFU_LOG_KEY: key,
      HEFU_FEDERATION_KEYS: pins,
    })
    expect(code).toBe(2)
    expect(stderr).toMatch(/HEFU_KEYS: .*0600/)
    expect(stderr).toMatch(/HEFU_LOG_KEY: .*0600/)
    expect(stderr).toMatch(/HEFU_FEDERATION_KEYS: .*duplicate-member/)
    expect(stderr).toMatch(/HEFU_CLIENTS \/clients\/0/)
    expect(stderr).not.toContain('SECRET')
  })

  it('are all reported with what is wrong in their files, in one start: each once', async () => {
    const clients = join(folder, 'no-clients.json')
    await writeFile(clients, '{"clients":"SECRET"}')
    const { HEFU_KEYS: _, ...withoutKeys } = settings()
    const { code, stderr } = await refusal({
      ...withoutKeys,
      HEFU_API_PORT: 'SECRET',
      HEFU_TOKEN_KEY: join(folder, 'none.pem'),
      HEFU_VAULT_KEY: join(folder, 'none.key'),
      HEFU_CLIENTS: clients,
      HEFU_EXCHANGE_TLS_CERT: join(folder, 'none.crt'),
    })
    expect(code).toBe(2)
    const named = [...stderr.matchAll(/^ {2}(\w+)(?: \/\S*)?: /gm)].map(([, name]) => name)
    expect(named.toSorted()).toEqual(
      ['HEFU_KEYS', 'HEFU_API_PORT', 'HEFU_TOKEN_KEY', 'HEFU_VAULT_KEY', 'HEFU_CLIENTS', 'HEFU_EXCHANGE_TLS_KEY'].toSorted(),
    )
    expect(stderr).not.toContain('SECRET')
  })

  it('must fit: a registry that no pinned key signed is refused', async () => {
    const registry = join(folder, 'altered.jwt')
    const token = await readFile(files.registry, 'utf8')
    await writeFile(
      registry,
      token.replace(/\.(.)/, (_, first: string) => `.${first === 'e' ? 'f' : 'e'}`),
    )
    const { code, stderr } = await refusal({ ...settings(), HEFU_REGISTRY: registry })
    expect(code).toBe(2)
    expect(stderr).toMatch(/HEFU_REGISTRY: .*联合体公钥.* \/ .*HEFU_FEDERATION_KEYS/)
  })

  it("must fit: another region's key is refused", async () => {
    const { code, stderr } = await refusal({ ...settings(), HEFU_REGION: '500000' })
    expect(code).toBe(2)
    expect(stderr).toMatch(/HEFU_KEYS: .*根密钥.* \/ .*root key/)
    expect(stderr).toMatch(/HEFU_LOG_KEY: .*日志密钥.* \/ .*log key/)
    expect(stderr).toMatch(/HEFU_WITNESS_KEY: .*见证密钥.* \/ .*witness key/)
  })
})

describe('the process', () => {
  it('says once that it is ready, answers, and ends with 0 on SIGTERM', async () => {
    const child = start(settings())
    const stderr = text(child.stderr)
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const ready = JSON.parse((await lines.next()).value as string)
    expect(ready).toEqual({
      ready: true,
      region: '510100',
      api: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      exchange: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      pid: child.pid,
    })
    expect((await (await fetch(`${ready.api}/readyz`)).json()) as unknown).toMatchObject({ ready: true })
    expect(await (await fetch(`${ready.api}/metrics`)).text()).toContain('hefu_outbox_pending{peer="500000"} 0')
    expect((await fetch(`${ready.exchange}/v1/cases`)).status).toBe(404)
    const exit = once(child, 'exit')
    child.kill('SIGTERM')
    expect(await exit).toEqual([0, null])
    expect((await lines.next()).done).toBe(true)
    for (const line of (await stderr).trim().split('\n'))
      expect(JSON.parse(line)).toMatchObject({ level: expect.any(String), region: '510100' })
  })

  it('ends when its parent is gone, if asked to', async () => {
    const child = start({ ...settings(), HEFU_STOP_WITH_PARENT: '1' })
    child.stderr.resume()
    await once(createInterface({ input: child.stdout }), 'line')
    const exit = once(child, 'exit')
    child.stdin.end()
    expect(await exit).toEqual([0, null])
  })

  it('ends with 1, and says why in both languages, when it never had a registry and gets none', async () => {
    const { logins } = await createTestDatabase()
    const urls = {
      DATABASE_URL: logins.databaseUrl,
      HEFU_MIGRATION_DATABASE_URL: logins.migrationDatabaseUrl,
      HEFU_SEQUENCER_DATABASE_URL: logins.sequencerDatabaseUrl,
    }
    const { code, stdout, stderr } = await refusal({ ...settings(), ...urls, HEFU_REGISTRY: 'http://127.0.0.1:9/registry.jwt' })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/没有可信的联合体注册表.* \/ there is no registry to believe/)
  })

  it('ends with 2, and says why in both languages, when the data at rest cannot be opened with what the settings name', async () => {
    const child = start(settings())
    child.stderr.resume()
    await once(createInterface({ input: child.stdout }), 'line')
    const exit = once(child, 'exit')
    child.kill('SIGTERM')
    await exit
    const key = join(folder, 'another-vault.key')
    await writeFile(key, randomBytes(32).toString('base64url'), { mode: 0o600 })
    const epochs = join(dirname(files.vaultKey), 'epochs')
    const otherKey = await refusal({ ...settings(), HEFU_VAULT_KEY: key, HEFU_VAULT_EPOCHS: epochs })
    expect([otherKey.code, otherKey.stdout]).toEqual([2, ''])
    expect(otherKey.stderr).toMatch(/^ {2}HEFU_VAULT_KEY: .*时期密钥.* \/ .*another key-encryption key/m)
    const noEpochs = await refusal({ ...settings(), HEFU_VAULT_EPOCHS: join(folder, 'no-epochs') })
    expect([noEpochs.code, noEpochs.stdout]).toEqual([2, ''])
    expect(noEpochs.stderr).toMatch(/^ {2}HEFU_VAULT_KEY: .*恢复时期密钥目录.* \/ .*epoch whose key is not here/m)
    const others = { HEFU_VAULT_KEY_OTHER: join(folder, 'none.key'), HEFU_TOKEN_KEY_OTHER: join(folder, 'none.pem') }
    const { code, stderr } = await refusal({ ...settings(), ...others })
    expect(code).toBe(2)
    for (const name of Object.keys(others)) expect(stderr).toMatch(new RegExp(`^ {2}${name}: .*[一-鿿].* / .*does not exist`, 'm'))
  })

  it('ends with 1 when the database has been used by newer software', async () => {
    const other = await createTestDatabase()
    await query(other.url, "insert into kysely_migration (name, timestamp) values ('9999-later', '2099')")
    const urls = { DATABASE_URL: other.url, HEFU_MIGRATION_DATABASE_URL: other.url, HEFU_SEQUENCER_DATABASE_URL: other.url }
    const { code, stderr } = await refusal({ ...settings(), ...urls })
    expect(code).toBe(1)
    expect(stderr).toMatch(/更新的软件版本.* \/ .*newer software/)
  })

  it('ends with 1 when there are cases of a version that it does not have, and names it', async () => {
    const other = await createTestDatabase()
    const { databaseUrl, migrationDatabaseUrl, sequencerDatabaseUrl } = other.logins
    const urls = {
      DATABASE_URL: databaseUrl,
      HEFU_MIGRATION_DATABASE_URL: migrationDatabaseUrl,
      HEFU_SEQUENCER_DATABASE_URL: sequencerDatabaseUrl,
    }
    await query(
      other.url,
      `insert into cases (case_number, procedure, version, owner, role, agency, participants, agreement, deadline_rules, state, final, etag, opened_at, updated_at)
      values ('510100-VN-20261122-7K3F9QX6', 'violation-notice', 9, '510100', 'issuer', '510104-0001', '[]', 'a/1', 1, 'filed', true, 'e', now(), now())`,
    )
    const { code, stdout, stderr } = await refusal({ ...settings(), ...urls })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/没有的业务流程版本 violation-notice\/9.* \/ .*does not have, violation-notice\/9/)
  })

  it('ends with 1 when there is no database', async () => {
    const { code, stdout, stderr } = await refusal({
      ...settings(),
      HEFU_MIGRATION_DATABASE_URL: 'postgres://user:SECRET@127.0.0.1:1/none',
    })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('node.start-failed')
    expect(stderr).not.toContain('SECRET')
  })
})
