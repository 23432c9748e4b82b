import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseStoredManifest, parseStoredRegistry } from '@hefu/protocol'
import { afterAll, expect, test } from 'vitest'
import { exampleRegistry } from '../../protocol/test/make-vectors/trust.ts'
import { hefu } from './run-hefu.ts'

const folder = await mkdtemp(join(tmpdir(), 'hefu-trust-'))
afterAll(async () => await rm(folder, { recursive: true }))
const at = (...names: string[]) => join(folder, ...names)
const [chengdu] = exampleRegistry.regions
const done = async (...args: string[]) => {
  const { status, stdout, stderr } = await hefu([...args, '--json'])
  expect([status, stderr]).toEqual([0, ''])
  return JSON.parse(stdout)
}

test('a federation is made, regions are added, its registry is signed and shown', async () => {
  const { kid } = await done('federation', 'init', '--dir', at('f'), '--name', 'trial')
  expect((await stat(at('f', 'federation-key.pem'))).mode & 0o777).toBe(0o600)
  expect((await hefu(['federation', 'init', '--dir', at('f'), '--name', 'trial'])).status).toBe(1)

  const empty = await hefu(['federation', 'sign', '--dir', at('f')])
  expect([empty.status, empty.stderr]).toEqual([
    1,
    expect.stringMatching(/还没有区域；.*add-region.*examples\/region\.json[\s\S]*no region yet; .*add-region/),
  ])
  await writeFile(at('empty.json'), '{}')
  await writeFile(at('half.json'), JSON.stringify({ region: { region: '510100' } }))
  for (const [file, said] of [
    ['empty.json', /须为 \{"region"[^\n]*exchangeUrl[^\n]*examples\/region\.json[^\n]*\n[^\n]*must be[^\n]*examples\/region\.json/],
    ['half.json', /\/regions\/0\/exchangeUrl[\s\S]*examples\/region\.json[\s\S]*\/regions\/0\/exchangeUrl[\s\S]*examples\/region\.json/],
  ] as const) {
    const refused = await hefu(['federation', 'add-region', '--dir', at('f'), '--file', at(file)])
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringMatching(said)])
  }
  // The file that they are shown is one that is taken.
  const example = fileURLToPath(new URL('../../../examples/region.json', import.meta.url))
  expect(await done('federation', 'add-region', '--dir', at('f'), '--file', example)).toMatchObject({ region: '510100', regions: 1 })
  for (const region of exampleRegistry.regions) {
    const agencies = exampleRegistry.agencies.filter((agency) => agency.region === region.region)
    await writeFile(at(`${region.region}.json`), JSON.stringify({ region, agencies }))
    await done('federation', 'add-region', '--dir', at('f'), '--file', at(`${region.region}.json`))
  }
  await writeFile(at('bad.json'), JSON.stringify({ region: { ...chengdu, exchangeUrl: 'http://user@2130706433' } }))
  const bad = await hefu(['federation', 'add-region', '--dir', at('f'), '--file', at('bad.json')])
  expect([bad.status, bad.stderr]).toEqual([1, expect.stringContaining('/exchangeUrl')])

  const first = await done('federation', 'sign', '--dir', at('f'))
  const before = await readFile(at('f', 'registry.jwt'), 'utf8')
  const second = await done('federation', 'sign', '--dir', at('f'), '--days', '10')
  expect([first.version, second.version]).toEqual([1, 2])
  expect(parseStoredRegistry(before.trim()).claims.regions.length).toBe(2)

  const pins = ['--federation-keys', at('f', 'federation-keys.json')]
  expect(await done('federation', 'show', at('f', 'registry.jwt'), ...pins)).toMatchObject({
    federation: 'trial',
    version: 2,
    kid,
    term: 'expiring',
  })
  await writeFile(
    at('altered.jwt'),
    before.replace(/.$/m, (last) => (last === 'A' ? 'Q' : 'A')),
  )
  const altered = await hefu(['federation', 'show', at('altered.jwt'), ...pins])
  expect([altered.status, altered.stdout, altered.stderr]).toEqual([
    1,
    '',
    expect.stringMatching(/不是由所给公钥签发[\s\S]*not a registry/),
  ])
})

test('a version of an agreement that was signed is never altered; it may lose a region that left', async () => {
  const dir = ['--dir', at('a')]
  await done('federation', 'init', ...dir, '--name', 'trial')
  const draft = async (agreements: unknown) => {
    const before = JSON.parse(await readFile(at('a', 'registry.json'), 'utf8'))
    const { regions, agencies } = exampleRegistry
    await writeFile(at('a', 'registry.json'), JSON.stringify({ ...before, regions, agencies, agreements }))
  }
  const [plain] = exampleRegistry.agreements
  if (plain === undefined) throw new Error('the example has no agreement')
  await draft([plain])
  expect((await done('federation', 'sign', ...dir)).version).toBe(1)

  await draft([{ ...plain, automatic: !plain.automatic }])
  const altered = await hefu(['federation', 'sign', ...dir])
  expect([altered.status, altered.stderr]).toEqual([1, expect.stringMatching(/不得改动[\s\S]*never altered/)])
  expect(altered.stderr).toContain(`${plain.id}/${plain.version}`)
  await draft([plain, { ...plain, version: plain.version + 1, automatic: !plain.automatic }])
  expect((await done('federation', 'sign', ...dir)).version).toBe(2)
})

test('keys are made, rotated a day ahead, revoked once; records never change', async () => {
  await done('keygen', '--out', at('root.pem'))
  const key = ['--keys', at('keys'), '--root', at('root.pem')]
  const unnamed = await hefu(['key', 'rotate', ...key])
  expect([unnamed.status, unnamed.stderr]).toEqual([1, expect.stringContaining('--region')])
  const first = await done('key', 'rotate', ...key, '--region', '510100')
  expect(first).toMatchObject({ region: '510100', version: 1, keys: [{ state: 'current' }] })
  await new Promise((resolve) => setTimeout(resolve, 1_100))
  const second = await done('key', 'rotate', ...key, '--days', '30')
  expect(second.keys.map(({ state }: { state: string }) => state)).toEqual(['current', 'coming'])
  expect(second.keys[1].iat - second.iat).toBe(86_400)

  const [{ kid }] = first.keys
  const revoked = await done('key', 'revoke', ...key, '--kid', kid, '--reason', 'compromised', '--at', '2026-01-01T00:00:00Z')
  expect(revoked.keys[0]).toMatchObject({ state: 'revoked', revoked: { reason: 'compromised', at: Date.UTC(2026, 0, 1) / 1000 } })
  expect((await hefu(['key', 'revoke', ...key, '--kid', kid, '--reason', 'superseded'])).status).toBe(1)
  expect((await hefu(['key', 'revoke', ...key, '--kid', kid, '--reason', 'bored'])).status).toBe(2)
  expect((await done('key', 'list', '--keys', at('keys'))).version).toBe(3)
  // Another root key is a slip, and leaves no key behind; unless it is said.
  await done('keygen', '--out', at('root2.pem'))
  const before = await readdir(at('keys'))
  const slip = await hefu(['key', 'rotate', '--keys', at('keys'), '--root', at('root2.pem')])
  expect([slip.status, slip.stderr]).toEqual([1, expect.stringMatching(/不是签发现有清单的根密钥[\s\S]*--new-root/)])
  expect((await hefu(['key', 'rotate', '--keys', at('keys'), '--root', at('none.pem')])).status).toBe(1)
  expect(await readdir(at('keys'))).toEqual(before)
  const manifest = parseStoredManifest((await readFile(at('keys', 'manifest.jwt'), 'utf8')).trim())
  expect((await done('key', 'rotate', '--keys', at('keys'), '--root', at('root2.pem'), '--new-root')).version).toBe(4)
  expect(manifest.claims.previous).toBe(second.digest)
  expect((await hefu(['key', 'list', '--keys', at('none')])).stderr).toMatch(/没有 manifest.jwt[\s\S]*there is no manifest.jwt/)
})

test('keys that stay offline may have a passphrase, from a file that only its owner reads', async () => {
  await writeFile(at('passphrase'), '锦江 and a long phrase\n', { mode: 0o600 })
  const secret = { HEFU_PASSPHRASE_FILE: at('passphrase') }
  const made = await hefu(['keygen', '--out', at('locked.pem'), '--json'], secret)
  expect([made.status, made.stderr]).toEqual([0, ''])
  expect(await readFile(at('locked.pem'), 'utf8')).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/)
  const rotate = ['key', 'rotate', '--keys', at('locked-keys'), '--root', at('locked.pem'), '--region', '510100', '--json']
  const without = await hefu(rotate)
  expect([without.status, without.stderr]).toEqual([1, expect.stringMatching(/口令[\s\S]*HEFU_PASSPHRASE_FILE/)])
  const done = await hefu(rotate, secret)
  expect([done.status, JSON.parse(done.stdout)]).toMatchObject([0, { version: 1 }])
  // The node's own keys open without: nobody is there when it starts.
  const [pem = ''] = (await readdir(at('locked-keys'))).filter((name) => name.endsWith('.pem'))
  expect(await readFile(at('locked-keys', pem), 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----/)
  await chmod(at('passphrase'), 0o644)
  const open = await hefu(rotate.with(3, at('others')), secret)
  expect([open.status, open.stderr]).toEqual([1, expect.stringContaining('0600')])
})
