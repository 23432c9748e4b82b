import { generateKeyPairSync } from 'node:crypto'
import { CompactSign, compactVerify } from 'jose'
import { expect, test } from 'vitest'
import { exampleClaims, exampleFederation } from '../test/make-vectors/example.ts'
import { CHENGDU, CHONGQING, STRANGER } from '../test/make-vectors/test-keys.ts'
import { keyOwner, parseFederation } from './federation.ts'
import { importPublicJwk, type KeyLookUp } from './keys.ts'
import { signMessage, UnsignableClaimsError, verifyMessage, verifyMessages } from './message.ts'
import { checkMessageText } from './message-text.ts'

const parsed = parseFederation(exampleFederation)
const lookUpKey: KeyLookUp = (kid) => (parsed.ok ? keyOwner(parsed.federation, kid) : undefined)
const { token, digest } = await signMessage(exampleClaims, CHENGDU.signer)

test('jose verifies what is signed here, and the other way round', async () => {
  const ours = await compactVerify(token, importPublicJwk(CHENGDU.jwk), { algorithms: ['Ed25519'] })
  expect(ours.protectedHeader).toEqual({ alg: 'Ed25519', kid: CHENGDU.jwk.kid, typ: 'hefu-message+jwt' })
  const theirs = await new CompactSign(ours.payload)
    .setProtectedHeader({ alg: 'Ed25519', kid: CHENGDU.jwk.kid, typ: 'hefu-message+jwt' })
    .sign(CHENGDU.privateKey)
  expect(theirs).toBe(token)
  expect(verifyMessage(theirs, lookUpKey)).toMatchObject({ ok: true, digest, region: '510100' })
})

test('no flipped bit anywhere in the text survives, whatever jose thinks of it', async () => {
  let accepted = 0
  let joseAccepted = 0
  for (let at = 0; at < token.length; at++) {
    const bytes = Buffer.from(token)
    bytes[at] = (bytes[at] as number) ^ (1 << (at % 7))
    if (verifyMessage(bytes, lookUpKey).ok) accepted++
    const lenient = await compactVerify(bytes.toString('latin1'), importPublicJwk(CHENGDU.jwk), { algorithms: ['Ed25519'] }).catch(
      () => undefined,
    )
    if (lenient !== undefined) joseAccepted++
  }
  expect(accepted).toBe(0)
  expect(joseAccepted).toBeLessThanOrEqual(1)
})

test('the text check and not the signature is what stops a second spelling', async () => {
  // The exact leniency that the strict text check exists for: shown, so that it is noticed if it ever goes away.
  const respelled = `${token}\n`
  expect(checkMessageText(token).ok).toBe(true)
  expect(checkMessageText(respelled)).toEqual({ ok: false })
  await expect(compactVerify(respelled, importPublicJwk(CHENGDU.jwk))).resolves.toBeDefined()
})

test('an unknown kid and a bad signature give the same answer', async () => {
  const stranger = await signMessage(exampleClaims, STRANGER.signer)
  const forged = await signMessage(exampleClaims, { kid: CHENGDU.jwk.kid, sign: STRANGER.signer.sign })
  expect(await verifyMessages([stranger.token, forged.token, 'x'], lookUpKey)).toEqual([{ ok: false }, { ok: false }, { ok: false }])
})

test('a key that is not Ed25519 verifies nothing', async () => {
  const { publicKey } = generateKeyPairSync('ed448')
  expect(verifyMessage(token, () => ({ region: exampleClaims.iss, key: publicKey }))).toEqual({ ok: false })
})

test('a key of small order, under which one signature fits every text, verifies nothing', () => {
  // The neutral point: with R the same point and S zero the equation holds whatever is signed.
  const neutral = Buffer.concat([Buffer.from([1]), Buffer.alloc(31)])
  const key = importPublicJwk({ kty: 'OKP', crv: 'Ed25519', x: neutral.toString('base64url') })
  const signature = Buffer.concat([neutral, Buffer.alloc(32)])
  const signingInput = token.slice(0, token.lastIndexOf('.'))
  const forged = `${signingInput}.${signature.toString('base64url')}`
  expect(verifyMessage(forged, () => ({ region: exampleClaims.iss, key }))).toEqual({ ok: false })
})

test('one region cannot write in the name of another', async () => {
  const { token: borrowed } = await signMessage(exampleClaims, CHONGQING.signer)
  expect(verifyMessage(borrowed, lookUpKey)).toEqual({ ok: false })
})

test('a batch keeps its order', async () => {
  const tokens = Array.from({ length: 100 }, (_, n) => (n % 3 === 0 ? 'x' : token))
  const results = await verifyMessages(tokens, lookUpKey)
  expect(results.map(({ ok }) => ok)).toEqual(tokens.map((text) => text === token))
  expect(await verifyMessages([], lookUpKey)).toEqual([])
})

test('the order in which claims were put together does not show', async () => {
  const reversed = Object.fromEntries(Object.entries(exampleClaims).toReversed()) as unknown as typeof exampleClaims
  expect((await signMessage(reversed, CHENGDU.signer)).token).toBe(token)
})

test.each([
  ['a lone surrogate', { text: '\ud800' }],
  ['a NUL', { text: 'a\0' }],
  ['an integer beyond 2^53', { n: 2 ** 60 }],
])('data with %s is not signed', async (_, data) => {
  await expect(signMessage({ ...exampleClaims, data }, CHENGDU.signer)).rejects.toThrow(UnsignableClaimsError)
})

test('claims that break the profile are not signed, and the error says which', async () => {
  const error = await signMessage({ ...exampleClaims, salt: 'short', basis: '' }, CHENGDU.signer).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(UnsignableClaimsError)
  expect((error as UnsignableClaimsError).problems.map(({ pointer }) => pointer)).toEqual(['/salt', '/basis'])
})
