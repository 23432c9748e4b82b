import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { testDatabase } from '../../../testkit/src/postgres/test-database.ts'
import { openDatabase } from '../../src/db/open-database.ts'
import { secretKeyWrapper } from '../../src/vault/key-wrapper.ts'
import { openVault } from '../../src/vault/open-vault.ts'

const database = testDatabase()
const place = () => ({ wrapper: secretKeyWrapper(secret), epochsFolder: folder })
let secret: Uint8Array
let folder: string
let db: ReturnType<typeof openDatabase>
beforeEach(async () => {
  secret = randomBytes(32)
  folder = await mkdtemp(join(tmpdir(), 'hefu-epochs-'))
  db = openDatabase({ url: database.url, poolSize: 2, onError: () => {} })
  await db.deleteFrom('vault_keys').execute()
})
afterEach(async () => {
  await db.destroy()
  await rm(folder, { recursive: true })
})

const vaultError = (code: string) => expect.objectContaining({ name: 'VaultError', code })
const refusal = (code: string) => expect.objectContaining({ name: 'HefuError', code })
const token = `${Buffer.from('{"alg":"Ed25519"}').toString('base64url')}.${Buffer.from('{"data":"秘密"}').toString('base64url')}.${randomBytes(64).toString('base64url')}`

it('opens what it sealed, for its owner and at its place alone', async () => {
  const vault = await openVault(db, place(), Date.now)
  const key = { owner: 'cases/1', wrapped: vault.newKey('cases/1') }
  const where = ['documents', '1', 'message'] as const
  for (const text of [token, '', '没有三段', `${token}\n`]) {
    const sealed = vault.sealMessage(key, where, text)
    expect(vault.openMessage(key, where, sealed)).toBe(text)
    expect(sealed).toMatch(/^[A-Za-z0-9_-]+$/)
  }
  const sealed = vault.seal(key, where, '秘密')
  expect(vault.seal(key, where, '秘密')).not.toBe(sealed)
  vault.forgetKeys()
  expect(vault.open(key, where, sealed)).toBe('秘密')
  const other = { owner: 'cases/2', wrapped: vault.newKey('cases/2') }
  expect(() => vault.open(key, ['documents', '2', 'message'], sealed)).toThrow(refusal('unreadable'))
  expect(() => vault.open(other, where, sealed)).toThrow(refusal('unreadable'))
  // A wrapped key that somebody moved to another row.
  expect(() => vault.open({ owner: 'cases/2', wrapped: key.wrapped }, where, sealed)).toThrow(refusal('unreadable'))
  expect(() => vault.open({ ...key, wrapped: null }, where, sealed)).toThrow(refusal('erased'))
  expect(() => vault.open(key, where, 'AQ')).toThrow(refusal('unreadable'))
})

it('a sealed message is hardly longer than the message', async () => {
  const vault = await openVault(db, place(), Date.now)
  const key = { owner: 'cases/1', wrapped: vault.newKey('cases/1') }
  const long = token.replace('.', `.${Buffer.alloc(6000, 'x').toString('base64url')}`)
  expect(vault.sealMessage(key, ['documents', '1', 'message'], long).length).toBeLessThan(long.length + 60)
})

it('two processes that start at once on a new database have one vault', async () => {
  const [one, other] = await Promise.all([openVault(db, place(), Date.now), openVault(db, place(), Date.now)])
  expect(one.lookupKey('person', '1')).toBe(other.lookupKey('person', '1'))
  const key = { owner: 'cases/1', wrapped: one.newKey('cases/1') }
  expect(other.open(key, ['t', 'r', 'c'], one.seal(key, ['t', 'r', 'c'], 'x'))).toBe('x')
  expect(await readdir(folder)).toEqual(['epoch-000001.json'])
  expect((await stat(join(folder, 'epoch-000001.json'))).mode & 0o777).toBe(0o600)
})

it('does not open with another key, without the epochs, or on the database of another vault', async () => {
  const first = await openVault(db, place(), Date.now)
  const lookup = first.lookupKey('person', '1')
  await expect(openVault(db, { ...place(), wrapper: secretKeyWrapper(randomBytes(32)) }, Date.now)).rejects.toEqual(vaultError('wrong-key'))
  const file = await readFile(join(folder, 'epoch-000001.json'))
  await rm(join(folder, 'epoch-000001.json'))
  await expect(openVault(db, place(), Date.now)).rejects.toEqual(vaultError('epochs-missing'))
  const elsewhere = await mkdtemp(join(tmpdir(), 'hefu-epochs-'))
  await db.updateTable('vault_keys').set({ name: 'kept' }).execute()
  await openVault(db, { ...place(), epochsFolder: elsewhere }, Date.now)
  await db.deleteFrom('vault_keys').where('name', '=', 'lookup').execute()
  await db.updateTable('vault_keys').set({ name: 'lookup' }).execute()
  await expect(openVault(db, { ...place(), epochsFolder: elsewhere }, Date.now)).rejects.toEqual(vaultError('wrong-key'))
  await rm(elsewhere, { recursive: true })
  await writeFile(join(folder, 'epoch-000001.json'), file)
  expect((await openVault(db, place(), Date.now)).lookupKey('person', '1')).toBe(lookup)
})
