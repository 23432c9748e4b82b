import { placeDocuments, refusedDigests } from './order.ts'
import type { CaseDocument, CaseFacts } from './procedure.ts'

/** At most so many digests fit into `seen` (protocol.md section 1). */
const seenLimit = 64

/** Digests of the documents that no other document held here had seen, in the order given. Refused documents are no heads and hide none. */
export function causalHeads(documents: readonly CaseDocument[], refused: ReadonlySet<string>): readonly string[] {
  const held = documents.filter((document) => !refused.has(document.digest))
  const seen = new Set(held.flatMap((document) => document.seen))
  return [...new Set(held.map((document) => document.digest))].filter((digest) => !seen.has(digest))
}

/**
 * What a document written now names in `seen`: its side's latest document, the heads, and, behind each of its side's documents that has
 * no receipt yet, what that one had seen: when the receiver refuses it later, the others still hang together. Documents that wait for a
 * parent are left out unless they are this side's own: their author's view did not contain them, and the new one would wait with them.
 */
export function seenFor(documents: readonly CaseDocument[], facts: CaseFacts, ownRegion: CaseDocument['by']): readonly string[] {
  const { order, waiting } = placeDocuments(documents, facts)
  const refused = refusedDigests(facts) ?? new Set<string>()
  const own = [...order, ...waiting].filter((document) => document.by === ownRegion)
  const ownWaiting = waiting.filter((document) => document.by === ownRegion)
  const seen = new Set(own.slice(-1).map((document) => document.digest))
  for (const head of causalHeads([...order, ...ownWaiting], refused)) seen.add(head)
  for (const document of own.toReversed()) {
    if (facts.receivedAt.has(document.digest)) continue
    for (const behind of document.seen) if (!refused.has(behind)) seen.add(behind)
  }
  return [...seen].slice(0, seenLimit)
}
