import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { type MessageClaims, signerOf, signMessage, verifyMessages } from '@hefu/protocol'
import { mintCaseNumber, shanghaiDate } from '@hefu/reference'
import { type Figure, machine, round } from './figure.ts'
import type { BenchOptions } from './main.ts'
import { noticeBody } from './notice.ts'

/** One for each core that the specification's figures are for. */
const THREADS = 2

interface Spent {
  readonly signMs: number
  readonly verifyMs: number
}

/**
 * Messages signed, and verified as a node verifies a batch (text, key, signature, claims), by two threads side by side: what two
 * processes of a region would do on two cores. A thread's own time counts; the slower one of the two decides.
 */
export async function signatures(options: BenchOptions): Promise<Figure[]> {
  const count = options.count ?? 20_000
  const threads = Array.from({ length: THREADS }, () => new Worker(new URL(import.meta.url), { workerData: count / THREADS }))
  const spent = await Promise.all(threads.map(async (thread) => (await once(thread, 'message'))[0] as Spent))
  const figure = (what: string, ms: (one: Spent) => number): Figure => ({
    name: `protocol.${what}`,
    value: round(count / (Math.max(...spent.map(ms)) / 1000)),
    unit: 'messages/s',
    messages: count,
    threads: THREADS,
    ...machine(),
  })
  return [figure('sign', ({ signMs }) => signMs), figure('verify', ({ verifyMs }) => verifyMs)]
}

async function signAndVerify(count: number): Promise<Spent> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const signer = signerOf(privateKey)
  const claims = noticeClaims()
  const startedMs = performance.now()
  const tokens: string[] = []
  for (let n = 0; n < count; n++) tokens.push((await signMessage(claims, signer)).token)
  const signedMs = performance.now()
  const results = await verifyMessages(tokens, () => ({ region: claims.iss, key: publicKey }))
  const verifiedMs = performance.now()
  if (results.some(({ ok }) => !ok)) throw new Error('a signature of our own did not verify')
  return { signMs: signedMs - startedMs, verifyMs: verifiedMs - signedMs }
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

if (!isMainThread) parentPort?.postMessage(await signAndVerify(Number(workerData)))
