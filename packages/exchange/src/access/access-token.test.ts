import { generateKeyPairSync } from 'node:crypto'
import { publicJwk, signerOf } from '@hefu/protocol'
import { expect, it } from 'vitest'
import { signAccessToken, tokenVerifier } from './access-token.ts'

function newKey() {
  const { privateKey } = generateKeyPairSync('ed25519')
  return { signer: signerOf(privateKey), jwk: publicJwk(privateKey) }
}

const tokenOf = async ({ signer }: ReturnType<typeof newKey>) =>
  await signAccessToken({ issuer: 'http://node', client: 'c', key: 'k', scopes: ['cases:read'], now: 1_000, seconds: 600 }, signer)

it('tokens of the key before are taken while it is named, and no longer', async () => {
  const [before, after, stranger] = [newKey(), newKey(), newKey()]
  const [old, fresh, forged] = await Promise.all([before, after, stranger].map(tokenOf))
  const during = tokenVerifier([after.jwk, before.jwk])
  expect([await during(old ?? ''), await during(fresh ?? '')]).toMatchObject([{ sub: 'c' }, { sub: 'c' }])
  expect(await during(forged ?? '')).toBeNull()
  const afterwards = tokenVerifier([after.jwk])
  expect([await afterwards(old ?? ''), (await afterwards(fresh ?? ''))?.sub]).toEqual([null, 'c'])
})
