import { createHash } from 'node:crypto'

/** Digest of the case's set of documents (protocol.md section 5): the same on both nodes once both hold the same set. */
export function caseEtag(documents: readonly { digest: string; status: string }[]): string {
  const digests = documents.filter((d) => d.status === 'held').map((d) => d.digest)
  return createHash('sha256').update(digests.sort().join('\n')).digest('base64url')
}
