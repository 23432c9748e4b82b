import { type EvidenceDocument, type EvidencePackage, messageDigest, type PublicJwk } from '@hefu/protocol'
import { appendLeaves, EMPTY_RANGE, formatTlogProof, leafHash, proveInclusion, type ReadTiles, tilePath } from '@hefu/translog'
import { CHENGDU, CHONGQING } from '../../protocol/test/make-vectors/test-keys.ts'
import { type Half, type Halves, type SentMessage, treeFiles } from './build-log.ts'

/** The evidence of one case as an honest node makes it: every document with its receipt, proven by both logs; `receipts`: these too, as nodes have it. */
export async function buildEvidence(
  halves: Halves,
  caseNumber: string,
  notes: { readonly a: string; readonly b: string },
  { receipts = false } = {},
): Promise<EvidencePackage> {
  const messages = halves.messages.filter(({ claims }) => claims.case === caseNumber)
  const [a, b] = [prover(halves.a, notes.a), prover(halves.b, notes.b)]
  const documents = await Promise.all(
    messages.map(async (message) => {
      const isFromA = halves.a.region === message.claims.iss
      const document = await documentOf(message, isFromA ? [a, b] : [b, a])
      if (!receipts) return document
      const proofs = [await a(receiptAt(halves.a, message)), await b(receiptAt(halves.b, message))]
      return { ...document, logProofs: [...document.logProofs, ...(isFromA ? proofs : proofs.toReversed())] }
    }),
  )
  const key = (region: string, jwk: PublicJwk) => ({ region, key: jwk, iat: 0, exp: 4_000_000_000 }) as EvidencePackage['keys'][number]
  return {
    v: 1,
    case: caseNumber as EvidencePackage['case'],
    region: halves.a.region,
    madeAt: halves.exportedAt,
    documents,
    peers: [{ region: halves.b.region, status: 'proven' }],
    keys: [key(halves.a.region, CHENGDU.jwk), key(halves.b.region, CHONGQING.jwk)],
    checkpoints: [notes.a, notes.b],
    summary: { zh: '一件', en: 'One case' },
  }
}

/** Index of the entry about a message's receipt, in the log of either side. */
export function receiptAt({ entries }: Half, { receipt }: SentMessage): number {
  const digest = messageDigest(receipt.text)
  return entries.findIndex((entry) => entry.includes('"kind":"receipt.') && entry.includes(digest))
}

type Prove = (index: number) => Promise<EvidenceDocument['logProofs'][number]>

async function documentOf(message: SentMessage, [sender, receiver]: readonly [Prove, Prove]): Promise<EvidenceDocument> {
  const { leaf, text: receipt, index, path } = message.receipt
  const { jti, iss, aud } = message.claims
  const { status, reason } = leaf
  return {
    jti,
    digest: message.digest,
    iss,
    aud,
    message: message.token,
    answer: { status, ...(reason === undefined ? {} : { reason }), receipt, index, path: [...path] },
    logProofs: [await sender(message.sentAt), await receiver(message.receivedAt)],
  }
}

/** Proofs of one half's entries against a note of that half's whole log. */
export function prover({ entries, log }: Half, note: string): Prove {
  const files = treeFiles(entries)
  const { size } = appendLeaves(
    EMPTY_RANGE,
    entries.map((entry) => leafHash(Buffer.from(entry))),
  )
  const read: ReadTiles = async (tiles) => tiles.map((tile) => files.get(tilePath(tile)) ?? new Uint8Array(0))
  return async (index) => {
    const path = await proveInclusion(index, size, read)
    return { log: log.key.name, entry: entries[index] as string, proof: formatTlogProof({ index, path, checkpoint: note }) }
  }
}
