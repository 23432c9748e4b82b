import type { KeyObject } from 'node:crypto'
import sodium from 'sodium-native'
import type { TokenTyp } from './constants.ts'
import { importPublicJwk, type KeyOwner, publicJwk } from './keys.ts'
import { checkMessageText } from './message-text.ts'

export type VerifiedToken<Owner = KeyOwner> =
  | { readonly ok: true; readonly owner: Owner; readonly kid: string; readonly payload: Uint8Array; readonly signingInput: string }
  | { readonly ok: false }

/**
 * Text, header, key, signature, in that order (protocol.md section 1, "Order of checks"); all failures look alike.
 *
 * The signature itself is checked by libsodium behind the strict text check, in half the processor time of OpenSSL and of jose on top of
 * it (docs/adr/0017). jose is the oracle in the tests: same verdict on every valid and hostile message.
 *
 * An unknown `kid` costs one verification against a key that signs nothing, so that a stranger cannot find out by the clock which
 * keys are pinned here.
 */
export function verifyToken<Owner extends { readonly key: KeyObject } = KeyOwner>(
  token: string | Uint8Array,
  typ: TokenTyp,
  lookUpKey: (kid: string) => Owner | undefined,
): VerifiedToken<Owner> {
  const text = checkMessageText(token, typ)
  if (!text.ok) return { ok: false }
  const owner = lookUpKey(text.kid)
  const good = isEd25519Signature(text.signingInput, owner?.key ?? NOBODY, text.signature)
  if (!good || owner === undefined) return { ok: false }
  return { ok: true, owner, kid: text.kid, payload: text.payload, signingInput: text.signingInput }
}

/** The public key of RFC 8037 appendix A.2. Whatever it says, the answer for an unknown `kid` is no. */
const NOBODY = importPublicJwk({ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' })

/** A key that cannot be used to verify counts as a bad signature. */
export function isEd25519Signature(signingInput: string, key: KeyObject, signature: Uint8Array): boolean {
  const publicKey = publicBytes(key)
  return (
    publicKey !== undefined && sodium.crypto_sign_verify_detached(Buffer.from(signature), Buffer.from(signingInput, 'latin1'), publicKey)
  )
}

/** The 32 bytes; undefined for another kind of key: the key decides the algorithm, the header only agreed. */
function publicBytes(key: KeyObject): Buffer | undefined {
  const known = publicKeys.get(key)
  if (known !== undefined || key.asymmetricKeyType !== 'ed25519') return known
  const bytes = Buffer.from(publicJwk(key).x, 'base64url')
  publicKeys.set(key, bytes)
  return bytes
}

const publicKeys = new WeakMap<KeyObject, Buffer>()
