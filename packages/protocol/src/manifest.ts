import { z } from 'zod'
import { digest, epochSeconds, regionId } from './claims.ts'
import { CLOCK_TOLERANCE_SECONDS, MANIFEST_TYP } from './constants.ts'
import { signingInputDigest } from './digest.ts'
import { publicKey, revocation } from './federation-file.ts'
import { importPublicJwk, type PublicJwk, type Signer, thumbprint } from './keys.ts'
import { signToken } from './message.ts'
import { checkMessageText } from './message-text.ts'
import { parseStrictJson } from './strict-json.ts'
import { verifyToken } from './verify-signature.ts'

/** A key of messages, receipts and requests, from when to when it signs. */
const keyRecord = publicKey
  .extend({ use: z.literal('sig'), iat: epochSeconds, exp: epochSeconds, revoked: revocation.exactOptional() })
  .refine((record) => thumbprint(record) === record.kid, { path: ['kid'], error: 'not the thumbprint of this key' })
  .refine(({ iat, exp }) => exp > iat, { path: ['exp'], error: 'not later than iat' })

export const manifestClaims = z
  .strictObject({
    iss: regionId,
    iat: epochSeconds,
    exp: epochSeconds,
    version: z.int().min(1).max(2_147_483_647),
    /** Digest of the manifest before; the first has none. */
    previous: digest.exactOptional(),
    keys: z.array(keyRecord).min(1).max(1_000),
  })
  .refine(({ version, previous }) => (version === 1) === (previous === undefined), { path: ['previous'], error: 'of all but the first' })
  .refine(({ iat, exp }) => exp > iat, { path: ['exp'], error: 'not later than iat' })
  .refine(({ keys }) => new Set(keys.map(({ kid }) => kid)).size === keys.length, { path: ['keys'], error: 'a key twice' })

export type ManifestClaims = z.infer<typeof manifestClaims>
export type KeyRecord = Readonly<z.infer<typeof keyRecord>>

/** Larger ones are not read. */
export const MAX_MANIFEST_BYTES = 1024 * 1024

/** A key manifest whose signature was verified. */
export interface Manifest {
  /** The exact text. */
  readonly token: string
  /** Over the JWS signing input, as of a message. */
  readonly digest: string
  /** Thumbprint of the root key that signed it. */
  readonly kid: string
  readonly claims: Readonly<ManifestClaims>
}

/** Text, signature by the region's root key, strict claims, and that the region says it of itself. */
export function verifyManifest(
  text: string | Uint8Array,
  { region, root }: { readonly region: string; readonly root: PublicJwk },
): Manifest | undefined {
  const token = (typeof text === 'string' ? text : Buffer.from(text).toString('latin1')).replace(/\r?\n$/, '')
  if (token.length > MAX_MANIFEST_BYTES) return undefined
  const key = importPublicJwk(root)
  const verified = verifyToken(token, MANIFEST_TYP, (kid) => (kid === root.kid ? { key } : undefined))
  if (!verified.ok) return undefined
  const json = parseStrictJson(verified.payload)
  const claims = json.ok ? manifestClaims.safeParse(json.value).data : undefined
  if (claims === undefined || claims.iss !== region || claims.keys.some(({ kid }) => kid === root.kid)) return undefined
  return { token, digest: signingInputDigest(verified.signingInput), kid: verified.kid, claims }
}

/** Of a text that was verified when it was stored. Throws TypeError or ZodError on any other. */
export function parseStoredManifest(token: string): Manifest {
  const text = checkMessageText(token, MANIFEST_TYP)
  const json = text.ok ? parseStrictJson(text.payload) : undefined
  if (!text.ok || !json?.ok) throw new TypeError('not a manifest that was stored')
  return { token, digest: signingInputDigest(text.signingInput), kid: text.kid, claims: manifestClaims.parse(json.value) }
}

/** Throws ZodError on claims that no node could read. */
export async function signManifest(claims: ManifestClaims, root: Signer): Promise<string> {
  return await signToken(Buffer.from(JSON.stringify(manifestClaims.parse(claims))), MANIFEST_TYP, root)
}

export type ManifestRefusal =
  | 'older'
  | 'other-content'
  | 'expired'
  | 'not-yet'
  | 'previous'
  | 'key-changed'
  | 'key-removed'
  | 'revocation-changed'

/**
 * Whether a verified manifest may take the place of the newest that is held of its region. The next version names the one before it;
 * a later one may follow on some that were missed, and must keep what this one said all the same: key records never change, are never
 * removed, and a revocation, once said, stays.
 */
export function judgeManifest(
  held: Manifest | undefined,
  offered: Manifest,
  now: number,
): 'same' | 'newer' | { readonly refused: ManifestRefusal } {
  if (held !== undefined) {
    if (held.digest === offered.digest) return 'same'
    if (offered.claims.version < held.claims.version) return { refused: 'older' }
    if (offered.claims.version === held.claims.version) return { refused: 'other-content' }
    if (offered.claims.version === held.claims.version + 1 && offered.claims.previous !== held.digest) return { refused: 'previous' }
    const refused = judgeRecords(held.claims.keys, offered.claims.keys)
    if (refused !== undefined) return { refused }
  }
  if (offered.claims.iat > now + CLOCK_TOLERANCE_SECONDS) return { refused: 'not-yet' }
  return offered.claims.exp <= now ? { refused: 'expired' } : 'newer'
}

function judgeRecords(held: readonly KeyRecord[], offered: readonly KeyRecord[]): ManifestRefusal | undefined {
  const now = new Map(offered.map((record) => [record.kid, record]))
  for (const before of held) {
    const after = now.get(before.kid)
    if (after === undefined) return 'key-removed'
    if (after.iat !== before.iat || after.exp !== before.exp) return 'key-changed'
    const { revoked } = before
    if (revoked !== undefined && (after.revoked?.at !== revoked.at || after.revoked.reason !== revoked.reason)) return 'revocation-changed'
  }
  return undefined
}
