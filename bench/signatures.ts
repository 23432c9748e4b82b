import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import { type MessageClaims, signerOf, signMessage, verifyMessages } from '@hefu/protocol'
import { mintCaseNumber, shanghaiDate } from '@hefu/reference'
import { type Figure, machine, round } from './figure.ts'
import type { BenchOptions } from './main.ts'
import { noticeBody } from './notice.ts'

/** Messages signed, and verified as a node verifies a batch (text, key, signature, claims), in one process. */
export async function signatures(options: BenchOptions): Promise<Figure[]> {
  const count = options.count ?? 10_000
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const signer = signerOf(privateKey)
  const claims = noticeClaims()
  const signedAtMs = performance.now()
  const tokens: string[] = []
  for (let at = 0; at < count; at += 32)
    tokens.push(
      ...(await Promise.all(Array.from({ length: Math.min(32, count - at) }, async () => (await signMessage(claims, signer)).token))),
    )
  const signedMs = performance.now() - signedAtMs
  const owner = { region: claims.iss, key: publicKey }
  const verifiedAtMs = performance.now()
  const results = await verifyMessages(tokens, () => owner)
  const verifiedMs = performance.now() - verifiedAtMs
  if (results.some(({ ok }) => !ok)) throw new Error('a signature of our own did not verify')
  const figure = (what: string, ms: number): Figure => ({
    name: `protocol.${what}`,
    value: round(count / (ms / 1000)),
    unit: 'messages/s',
    messages: count,
    ...machine(),
  })
  return [figure('sign', signedMs), figure('verify', verifiedMs)]
}

/** What a node signs for the procedure's own example. */
function noticeClaims(): MessageClaims {
  const { from, to, purpose, basis, data } = JSON.parse(noticeBody()) as Pick<MessageClaims, 'from' | 'to' | 'purpose' | 'basis' | 'data'>
  const nowMs = Date.now()
  const iat = Math.floor(nowMs / 1000)
  const time = nowMs.toString(16).padStart(12, '0')
  return {
    iss: '510100' as MessageClaims['iss'],
    aud: '500000' as MessageClaims['aud'],
    jti: `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`,
    salt: randomBytes(16).toString('base64url'),
    iat,
    exp: iat + 30 * 86_400,
    procedure: 'violation-notice/1',
    document: 'notice',
    case: mintCaseNumber('510100' as MessageClaims['iss'], 'VN', shanghaiDate(nowMs), randomBytes(7)),
    agreement: 'violation-notice-2026/1',
    seen: [],
    from,
    to,
    purpose,
    basis,
    data,
  }
}
