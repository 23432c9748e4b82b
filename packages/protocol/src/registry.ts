import { z } from 'zod'
import { agreement } from './agreement.ts'
import { epochSeconds, plainName } from './claims.ts'
import { CLOCK_TOLERANCE_SECONDS, REGISTRY_TYP } from './constants.ts'
import { signingInputDigest } from './digest.ts'
import { agency, crossCheck, publicKey, regionShape, schemaProblems } from './federation-file.ts'
import type { FederationProblem } from './federation-problem.ts'
import { importPublicJwk, type PublicJwk, type Signer, thumbprint } from './keys.ts'
import { signToken } from './message.ts'
import { checkMessageText } from './message-text.ts'
import { parseStrictJson } from './strict-json.ts'
import { verifyToken } from './verify-signature.ts'

/** A region as the registry names it: with its offline root key (`kid` is the thumbprint), which alone may sign its key manifests. */
const registryRegion = z.strictObject({ ...regionShape, root: publicKey })

export const registryClaims = z.strictObject({
  /** The federation's own name. */
  iss: plainName,
  version: z.int().min(1).max(2_147_483_647),
  iat: epochSeconds,
  exp: epochSeconds,
  regions: z.array(registryRegion).min(1).max(512),
  agencies: z.array(agency).max(20_000),
  agreements: z.array(agreement).max(10_000),
})

export type RegistryClaims = z.infer<typeof registryClaims>
export type RegistryRegion = Readonly<z.infer<typeof registryRegion>>

/** Larger ones are not read. */
export const MAX_REGISTRY_BYTES = 8 * 1024 * 1024

/** A registry whose signature was verified. */
export interface Registry {
  /** The exact text. */
  readonly token: string
  /** Over the JWS signing input, as of a message. */
  readonly digest: string
  /** Thumbprint of the federation's key that signed it. */
  readonly kid: string
  readonly claims: Readonly<RegistryClaims>
}

const pinSet = z.strictObject({ keys: z.array(publicKey).min(1).max(16) })

/** The federation's public keys as a node pins them: a JWK set of Ed25519 keys, each under its thumbprint. Undefined for anything else. */
export function parsePins(json: unknown): readonly PublicJwk[] | undefined {
  const keys = pinSet.safeParse(json).data?.keys
  return keys?.every((key) => thumbprint(key) === key.kid) ? keys : undefined
}

export type VerifiedRegistry =
  | { readonly ok: true; readonly registry: Registry }
  /** `signature`: not a strict text, or no pinned key signed it. `content`: one did, and the claims are not those of a registry. */
  | { readonly ok: false; readonly why: 'signature' | 'content'; readonly problems: readonly FederationProblem[] }

/** Text, signature by one of the pinned keys, strict claims. That it may take the place of another is `judgeRegistry`. */
export function verifyRegistry(text: string | Uint8Array, pins: readonly PublicJwk[]): VerifiedRegistry {
  const token = (typeof text === 'string' ? text : Buffer.from(text).toString('latin1')).replace(/\r?\n$/, '')
  const pinned = new Map(pins.map((jwk) => [jwk.kid, { key: importPublicJwk(jwk) }]))
  const verified = token.length > MAX_REGISTRY_BYTES ? undefined : verifyToken(token, REGISTRY_TYP, (kid) => pinned.get(kid))
  if (!verified?.ok) return { ok: false, why: 'signature', problems: [] }
  const json = parseStrictJson(verified.payload)
  const parsed = json.ok ? parseRegistryClaims(json.value) : { ok: false as const, problems: [] }
  if (!parsed.ok) return { ok: false, why: 'content', problems: parsed.problems }
  return { ok: true, registry: { token, digest: signingInputDigest(verified.signingInput), kid: verified.kid, claims: parsed.claims } }
}

/** Of a text that was verified when it was stored. Throws TypeError on any other. */
export function parseStoredRegistry(token: string): Registry {
  const text = checkMessageText(token, REGISTRY_TYP)
  const json = text.ok ? parseStrictJson(text.payload) : undefined
  const parsed = json?.ok ? parseRegistryClaims(json.value) : undefined
  if (!text.ok || !parsed?.ok) throw new TypeError('not a registry that was stored')
  return { token, digest: signingInputDigest(text.signingInput), kid: text.kid, claims: parsed.claims }
}

export type ParsedRegistry =
  | { readonly ok: true; readonly claims: RegistryClaims }
  | { readonly ok: false; readonly problems: readonly FederationProblem[] }

/** All problems at once, of what is signed or is to be signed. */
export function parseRegistryClaims(json: unknown): ParsedRegistry {
  const parsed = registryClaims.safeParse(json)
  if (!parsed.success) return { ok: false, problems: schemaProblems(registryClaims, json, parsed.error) }
  const problems = crossCheckRegistry(parsed.data)
  return problems.length > 0 ? { ok: false, problems } : { ok: true, claims: parsed.data }
}

/** Throws TypeError on claims that no node could read: a wrong registry must not be signed. */
export async function signRegistry(claims: RegistryClaims, signer: Signer): Promise<string> {
  const parsed = parseRegistryClaims(claims)
  if (!parsed.ok) throw new TypeError(parsed.problems.map(({ pointer, en }) => `${pointer} ${en}`).join('; '))
  return await signToken(Buffer.from(JSON.stringify(parsed.claims)), REGISTRY_TYP, signer)
}

/** Root keys stand where the message keys of a federation file do: one key must never be in two places. */
function crossCheckRegistry({ regions, ...rest }: RegistryClaims): FederationProblem[] {
  const rooted = regions.map(({ root, ...region }) => ({ ...region, keys: [root] }))
  const time = rest.exp > rest.iat ? [] : [{ pointer: '/exp', zh: '必须晚于 iat', en: 'must be later than iat' }]
  const problems = crossCheck({ ...rest, regions: rooted })
  return [
    ...time,
    ...problems.map((problem) => ({ ...problem, pointer: problem.pointer.replace(/^(\/regions\/\d+)\/keys\/0/, '$1/root') })),
  ]
}

export type RegistryRefusal = 'older' | 'other-content' | 'other-federation' | 'expired' | 'not-yet'

/**
 * Whether a verified registry may take the place of the newest that is held (`undefined`: none). `same` is no refusal, and stays the
 * registry after its `exp` too: that is the matter of `registryTerm`. Of two contents of one version somebody signed one for others.
 */
export function judgeRegistry(
  held: Registry | undefined,
  offered: Registry,
  now: number,
): 'same' | 'newer' | { readonly refused: RegistryRefusal } {
  if (held !== undefined && held.digest === offered.digest) return 'same'
  if (held !== undefined && held.claims.iss !== offered.claims.iss) return { refused: 'other-federation' }
  if (held !== undefined && offered.claims.version < held.claims.version) return { refused: 'older' }
  if (held !== undefined && offered.claims.version === held.claims.version) return { refused: 'other-content' }
  if (offered.claims.iat > now + CLOCK_TOLERANCE_SECONDS) return { refused: 'not-yet' }
  return offered.claims.exp <= now ? { refused: 'expired' } : 'newer'
}

const DAY = 24 * 60 * 60
/** Before `exp`, from when on somebody should see to it. */
export const REGISTRY_WARNING_SECONDS = 30 * DAY
/** After `exp`, how long open cases go on. */
export const REGISTRY_GRACE_SECONDS = 14 * DAY

/** `expiring`: warned of; `grace`: no new cases, open ones go on; `lapsed`: nothing is sent or accepted any more. */
export type RegistryTerm = 'current' | 'expiring' | 'grace' | 'lapsed'

/** How a registry of this `exp` stands at this time (both epoch seconds). */
export function registryTerm(exp: number, now: number): RegistryTerm {
  if (now < exp - REGISTRY_WARNING_SECONDS) return 'current'
  if (now < exp) return 'expiring'
  return now < exp + REGISTRY_GRACE_SECONDS ? 'grace' : 'lapsed'
}
