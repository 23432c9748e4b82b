import { generateKeyPairSync, verify } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { calculateJwkThumbprint } from 'jose'
import { afterAll, expect, test } from 'vitest'
import { generateKeyFile, KeyFileError, loadSigner } from './key-file.ts'
import { importPublicJwk, thumbprint } from './keys.ts'

const folder = await mkdtemp(join(tmpdir(), 'hefu-keys-'))
afterAll(() => rm(folder, { recursive: true }))

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'none',
    (error: unknown) => (error instanceof KeyFileError ? error.code : error),
  )

const write = async (name: string, content: string, mode = 0o600): Promise<string> => {
  const path = join(folder, name)
  await writeFile(path, content, { mode })
  await chmod(path, mode)
  return path
}

test('a generated key is readable by its owner alone and signs under its thumbprint', async () => {
  const path = join(folder, 'fresh.pem')
  const jwk = await generateKeyFile(path)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(jwk.kid).toBe(await calculateJwkThumbprint({ ...jwk }))
  const signer = await loadSigner(path)
  expect(signer.kid).toBe(jwk.kid)
  const bytes = Buffer.from('合符')
  expect(verify(null, bytes, importPublicJwk(jwk), await signer.sign(bytes))).toBe(true)
})

test('the thumbprint of RFC 8037 appendix A.3', () => {
  expect(thumbprint({ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' })).toBe(
    'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
  )
})

test('an existing file is never overwritten', async () => {
  const path = await write('kept.pem', 'kept')
  expect(await codeOf(generateKeyFile(path))).toBe('exists')
  expect(await readFile(path, 'utf8')).toBe('kept')
  expect(await codeOf(generateKeyFile(join(folder, 'no-such-folder', 'key.pem')))).toBe('unwritable')
})

test.each([0o640, 0o604, 0o660, 0o644, 0o700, 0o601])('mode %o is refused', async (mode) => {
  const path = join(folder, `mode-${mode}.pem`)
  await generateKeyFile(path)
  await chmod(path, mode)
  expect(await codeOf(loadSigner(path))).toBe('mode')
})

test('a narrower mode and a symbolic link are fine', async () => {
  const path = join(folder, 'narrow.pem')
  const { kid } = await generateKeyFile(path)
  await chmod(path, 0o400)
  const link = join(folder, 'link.pem')
  await symlink(path, link)
  expect((await loadSigner(link)).kid).toBe(kid)
})

test('a passphrase is needed exactly when there is one', async () => {
  const path = join(folder, 'locked.pem')
  const { kid } = await generateKeyFile(path, '锦江 passphrase')
  expect((await loadSigner(path, '锦江 passphrase')).kid).toBe(kid)
  expect(await codeOf(loadSigner(path))).toBe('passphrase')
  expect(await codeOf(loadSigner(path, 'wrong'))).toBe('passphrase')
})

test('what is no Ed25519 key in PKCS#8 is refused, and the error never shows the content', async () => {
  const pkcs8 = { type: 'pkcs8', format: 'pem' } as const
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const ed25519 = generateKeyPairSync('ed25519')
  expect(await codeOf(loadSigner(await write('ec.pem', ec.export(pkcs8).toString())))).toBe('key-type')
  expect(await codeOf(loadSigner(await write('x.pem', generateKeyPairSync('x25519').privateKey.export(pkcs8).toString())))).toBe('key-type')
  expect(await codeOf(loadSigner(await write('sec1.pem', ec.export({ type: 'sec1', format: 'pem' }).toString())))).toBe('not-pkcs8')
  expect(await codeOf(loadSigner(await write('spki.pem', ed25519.publicKey.export({ type: 'spki', format: 'pem' }).toString())))).toBe(
    'not-pkcs8',
  )
  expect(await codeOf(loadSigner(join(folder, 'missing.pem')))).toBe('missing')
  await mkdir(join(folder, 'directory'))
  expect(await codeOf(loadSigner(join(folder, 'directory')))).toBe('not-a-file')
  const broken = await write('broken.pem', '-----BEGIN PRIVATE KEY-----\nc2VjcmV0LWNvbnRlbnQ=\n-----END PRIVATE KEY-----\n')
  const error = await loadSigner(broken).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'not-pkcs8', path: broken })
  expect(String(error)).not.toContain('c2VjcmV0')
})
