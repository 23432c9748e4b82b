import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import {
  type Answer,
  MESSAGE_CONTENT_TYPE,
  MESSAGES_CONTENT_TYPE,
  type MessageClaims,
  type ReceiptLeaf,
  receiptLeafHash,
  type SignedMessage,
  type Signer,
  signerOf,
  signMessage,
  signReceipt,
  toBase64url,
  uuidV7,
} from '@hefu/protocol'
import { type CaseNumber, mintCaseNumber, type RegionId, shanghaiDate } from '@hefu/reference'
import { buildTree } from '@hefu/translog'
import type { Json } from '../../src/index.ts'
import { chengdu, chongqing, notice } from './bodies.ts'

/** A key that nobody pinned. */
export function strangersSigner(): Signer {
  return signerOf(generateKeyPairSync('ed25519').privateKey)
}

/** RFC 8410 section 7: the PKCS#8 structure before the 32 bytes of the seed. */
export function keyOfSeed(seedHex: string): KeyObject {
  return createPrivateKey({ key: Buffer.from(`302e020100300506032b657004220420${seedHex}`, 'hex'), format: 'der', type: 'pkcs8' })
}

export function newJti(nowMs = Date.now()): string {
  return uuidV7(nowMs, randomBytes(10))
}

export function newCase(owner: string = chengdu, code = 'VN', nowMs = Date.now()): CaseNumber {
  return mintCaseNumber(owner as RegionId, code, shanghaiDate(nowMs), randomBytes(7)) as CaseNumber
}

/** The claims of a notice from Chengdu to Chongqing as Chengdu's node would write them. */
export function noticeClaims(overrides: Partial<MessageClaims> = {}): MessageClaims {
  const { from, to, purpose, basis, data } = notice as Pick<MessageClaims, 'from' | 'to' | 'purpose' | 'basis' | 'data'>
  const iat = Math.floor(Date.now() / 1000)
  return {
    iss: chengdu as RegionId,
    aud: chongqing as RegionId,
    jti: newJti(),
    salt: randomBytes(16).toString('base64url'),
    iat,
    exp: iat + 30 * 86_400,
    procedure: 'violation-notice/1',
    document: 'notice',
    case: newCase(),
    agreement: 'violation-notice-2026/1',
    seen: [],
    from,
    to,
    purpose,
    basis,
    data,
    ...overrides,
  }
}

export async function signedNotice(
  signer: Signer,
  overrides: Partial<MessageClaims> = {},
): Promise<SignedMessage & { claims: MessageClaims }> {
  const claims = noticeClaims(overrides)
  return { ...(await signMessage(claims, signer)), claims }
}

export interface InboxAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: Json
}

/** Posts bytes to a node's inbox, as a peer (or whoever pretends to be one) would. */
export async function postInbox(
  exchange: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = { 'content-type': MESSAGE_CONTENT_TYPE },
): Promise<InboxAnswer> {
  const response = await fetch(`${exchange}/exchange/v1/inbox`, { method: 'POST', body, headers: { ...headers } })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: text.startsWith('{') ? JSON.parse(text) : {} }
}

export async function postMany(exchange: string, tokens: readonly string[]): Promise<InboxAnswer> {
  return await postInbox(exchange, tokens.map((token) => `${token}\n`).join(''), { 'content-type': MESSAGES_CONTENT_TYPE })
}

/** A whole answer over these leaves, signed by whoever is asked to. */
export async function forgeAnswer(
  leaves: readonly ReceiptLeaf[],
  signer: Signer,
  claims: { iss?: string; aud?: string } = {},
): Promise<Answer> {
  const tree = buildTree(leaves.map(receiptLeafHash))
  const now = Math.floor(Date.now() / 1000)
  const receipt = await signReceipt(
    {
      iss: (claims.iss ?? chongqing) as RegionId,
      aud: (claims.aud ?? chengdu) as RegionId,
      jti: newJti(),
      iat: now,
      receivedAt: now,
      tree: { size: tree.size, root: toBase64url(tree.root) },
    },
    signer,
  )
  const messages = leaves.map(({ jti, status, reason }, index) => {
    const place = { jti, receipt: 0, index, path: (tree.paths[index] ?? []).map(toBase64url) }
    return status === 'accepted' ? { ...place, status } : { ...place, status, reason: reason ?? 'schema' }
  })
  return { receipts: [receipt], messages: messages as Answer['messages'] }
}
