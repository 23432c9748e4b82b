import type { RegionId } from '@hefu/reference'
import { buildTree, leafHash } from '@hefu/translog'
import { z } from 'zod'
import { toBase64url } from './base64url.ts'
import { digest, epochSeconds, jti, regionId } from './claims.ts'
import { MAX_MESSAGES, RECEIPT_TYP, type RefusalReason } from './constants.ts'
import { signingInputDigest } from './digest.ts'
import type { KeyLookUp, Signer } from './keys.ts'
import { signToken } from './message.ts'
import { readPlainReceiptClaims } from './plain-receipt.ts'
import { parseStrictJson } from './strict-json.ts'
import { verifyToken } from './verify-signature.ts'

/** What one signature of the receiver says about a whole request (protocol.md section 2). */
export const receiptClaims = z.strictObject({
  /** The region that received the messages and signs this. */
  iss: regionId,
  /** The region that sent them. */
  aud: regionId,
  jti,
  iat: epochSeconds,
  receivedAt: epochSeconds,
  tree: z.strictObject({ size: z.int().min(1).max(MAX_MESSAGES), root: digest }),
  /** The promise that an entry is in that log within so many seconds; absent while the receiver keeps no exchange log. */
  log: z.strictObject({ origin: z.string().min(1).max(255), within: z.int().min(1) }).exactOptional(),
})

export type Receipt = Readonly<z.infer<typeof receiptClaims>>

/** The claims of a receipt whose signature says whether they are true; undefined when it has none. */
export function parseReceiptClaims(payload: Uint8Array): Receipt | undefined {
  const plain = readPlainReceiptClaims(payload)
  if (plain !== undefined) return plain as Receipt
  const json = parseStrictJson(payload)
  return json.ok ? receiptClaims.safeParse(json.value).data : undefined
}

export interface ReceiptLeaf {
  readonly jti: string
  readonly digest: string
  readonly status: 'accepted' | 'refused'
  /** Only when refused. */
  readonly reason?: RefusalReason | undefined
}

/** Leaf data of the receipt's tree: ASCII `jti`, D, `status`, `reason` (empty when accepted), joined by 0x00. */
export function receiptLeaf({ jti, digest, status, reason }: ReceiptLeaf): Uint8Array {
  return Buffer.from([jti, digest, status, reason ?? ''].join('\0'), 'ascii')
}

export function receiptLeafHash(leaf: ReceiptLeaf): Uint8Array {
  return leafHash(receiptLeaf(leaf))
}

export interface ReceiptTree {
  readonly size: number
  readonly root: string
  /** Of every leaf, from the leaf upwards. */
  readonly paths: readonly (readonly string[])[]
}

/** The tree over the leaf hashes of one request as it is written on the wire: base64url. */
export function receiptTree(leaves: readonly Uint8Array[]): ReceiptTree {
  const { size, root, paths } = buildTree(leaves)
  // Paths share their upper hashes: each is written once.
  const written = new Map<Uint8Array, string>()
  const write = (hash: Uint8Array): string => {
    const text = written.get(hash) ?? toBase64url(hash)
    written.set(hash, text)
    return text
  }
  return { size, root: toBase64url(root), paths: paths.map((path) => path.map(write)) }
}

/** Signs a receipt; throws ZodError on claims that no sender could read. */
export async function signReceipt(receipt: Receipt, signer: Signer): Promise<string> {
  const { iss, aud, jti, iat, receivedAt, tree, log } = receiptClaims.parse(receipt)
  const claims = { iss, aud, jti, iat, receivedAt, tree: { size: tree.size, root: tree.root }, ...(log === undefined ? {} : { log }) }
  return signToken(Buffer.from(JSON.stringify(claims)), RECEIPT_TYP, signer)
}

export type VerifiedReceipt =
  | { readonly ok: true; readonly receipt: Receipt; readonly kid: string; readonly digest: string }
  | { readonly ok: false; readonly why: 'signature' | 'claims' | 'issuer' | 'audience' }

export interface ReceiptExpectation {
  readonly lookUpKey: KeyLookUp
  /** Must own the key and be `iss`: a receipt signed by any other region, however trusted, proves nothing. */
  readonly issuer: RegionId
  /** Must be `aud` when given. */
  readonly audience?: RegionId
}

export function verifyReceipt(token: string, { lookUpKey, issuer, audience }: ReceiptExpectation): VerifiedReceipt {
  const verified = verifyToken(token, RECEIPT_TYP, lookUpKey)
  if (!verified.ok) return { ok: false, why: 'signature' }
  const receipt = parseReceiptClaims(verified.payload)
  if (receipt === undefined) return { ok: false, why: 'claims' }
  if (verified.owner.region !== issuer || receipt.iss !== issuer) return { ok: false, why: 'issuer' }
  if (audience !== undefined && receipt.aud !== audience) return { ok: false, why: 'audience' }
  return { ok: true, receipt, kid: verified.kid, digest: signingInputDigest(verified.signingInput) }
}
