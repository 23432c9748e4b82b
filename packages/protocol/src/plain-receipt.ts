import { MAX_MESSAGES, REFUSAL_REASONS } from './constants.ts'
import { plainCount, plainDigest, plainJti, plainList, plainRegion, plainTextOf } from './plain-text.ts'

/**
 * The quick way through the receipts of an export: the texts that this software writes, known to the character. Undefined says nothing:
 * the schemas judge. What is given is exactly what they would give (plain-receipt.test.ts).
 */
export function readPlainReceiptLine(bytes: Uint8Array): object | undefined {
  const text = plainTextOf(bytes)
  if (!LINE.test(text)) return undefined
  const line = JSON.parse(text) as { leaves: readonly { index?: number; path?: readonly string[] }[] }
  const isGood = line.leaves.every(({ index = 0, path }) => index <= MAX_MESSAGES && (path === undefined || path.length <= MAX_PATH))
  return isGood && line.leaves.length <= MAX_MESSAGES ? line : undefined
}

export function readPlainReceiptClaims(bytes: Uint8Array): object | undefined {
  const text = plainTextOf(bytes)
  if (!CLAIMS.test(text)) return undefined
  const claims = JSON.parse(text) as { tree: { size: number } }
  return claims.tree.size <= MAX_MESSAGES ? claims : undefined
}

const MAX_PATH = 64

const reason = `"reason":"(?:${REFUSAL_REASONS.join('|')})"`
const place = `"index":${plainCount},"path":${plainList(plainDigest)}`
const leaf = `\\{"jti":${plainJti},"digest":${plainDigest},"status":"(?:accepted|refused)"(?:,${reason})?(?:,${place})?\\}`
const LINE = new RegExp(
  `^\\{"digest":${plainDigest},"receipt":"[A-Za-z0-9_.-]*","direction":"(?:issued|received)","leaves":${plainList(leaf)}\\}$`,
)

const seconds = '(?:0|[1-9][0-9]{0,10})'
const parties = `"iss":${plainRegion},"aud":${plainRegion},"jti":${plainJti}`
const tree = `"tree":\\{"size":[1-9][0-9]{0,2},"root":${plainDigest}\\}`
const promise = `"log":\\{"origin":"[A-Za-z0-9._:/-]{1,255}","within":[1-9][0-9]{0,14}\\}`
const CLAIMS = new RegExp(`^\\{${parties},"iat":${seconds},"receivedAt":${seconds},${tree}(?:,${promise})?\\}$`)
