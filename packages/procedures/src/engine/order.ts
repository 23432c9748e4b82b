import type { RegionId } from '@hefu/reference'
import type { CaseDocument, CaseFacts } from './procedure.ts'

/**
 * `order`: every document whose parents are placed, as folded; `waiting`: the others, by digest.
 * `forks`: pairs of one side's documents neither of which saw the other, in order.
 */
export interface Placement {
  readonly order: readonly CaseDocument[]
  readonly waiting: readonly CaseDocument[]
  readonly forks: readonly (readonly [string, string])[]
}

interface Node {
  readonly document: CaseDocument
  missing: number
  children: Node[] | null
}

const none: readonly never[] = []

/**
 * Puts the documents of a case into the order that both sides compute (procedures.md section 1, Order). Among the documents whose
 * parents are placed: the owner's before a counterparty's, counterparties by region code, one side's by digest, compared as text.
 * A refused digest counts as placed and is skipped. Duplicates count once.
 *
 * A document's place among its ancestors, and among everything concurrent with them that is already held, depends on nothing that comes
 * later: whether it is ready depends on its ancestors only, and the choice among ready ones is a total order.
 */
export function placeDocuments(documents: readonly CaseDocument[], facts: CaseFacts): Placement {
  const refused = refusedDigests(facts)
  const held = new Map<string, Node>()
  for (const document of documents) {
    if (!refused?.has(document.digest) && !held.has(document.digest)) held.set(document.digest, { document, missing: 0, children: null })
  }
  const ready: Node[] = []
  for (const node of held.values()) {
    for (const parent of node.document.seen) {
      if (refused?.has(parent)) continue
      node.missing += 1
      const parentNode = held.get(parent)
      if (parentNode?.children) parentNode.children.push(node)
      else if (parentNode) parentNode.children = [node]
    }
    if (node.missing === 0) ready.push(node)
  }
  const order: CaseDocument[] = []
  while (ready.length > 0) {
    const node = takeFirst(ready, facts.owner)
    order.push(node.document)
    if (node.children === null) continue
    for (const child of node.children) {
      child.missing -= 1
      if (child.missing === 0) ready.push(child)
    }
  }
  return { order, waiting: order.length === held.size ? none : stillWaiting(held), forks: findForks(order) }
}

/** Every placed document that `document` descends from. Refused documents are no link: only their author holds what they saw. */
export function ancestorsOf(document: CaseDocument, placed: ReadonlyMap<string, CaseDocument>): ReadonlySet<string> {
  const found = new Set<string>()
  const open = [document]
  for (let current = open.pop(); current !== undefined; current = open.pop()) {
    for (const digest of current.seen) {
      const parent = placed.get(digest)
      if (parent === undefined || found.has(digest)) continue
      found.add(digest)
      open.push(parent)
    }
  }
  return found
}

export function byDigest(documents: readonly CaseDocument[]): ReadonlyMap<string, CaseDocument> {
  return new Map(documents.map((document) => [document.digest, document]))
}

export function refusedDigests(facts: CaseFacts): ReadonlySet<string> | null {
  return facts.refused.length === 0 ? null : new Set(facts.refused.map((refused) => refused.digest))
}

function takeFirst(ready: Node[], owner: RegionId): Node {
  let first = 0
  for (let at = 1; at < ready.length; at++) {
    if (precedes((ready[at] as Node).document, (ready[first] as Node).document, owner)) first = at
  }
  const node = ready[first] as Node
  const last = ready.pop() as Node
  if (first < ready.length) ready[first] = last
  return node
}

function precedes(a: CaseDocument, b: CaseDocument, owner: RegionId): boolean {
  if (a.by === b.by) return a.digest < b.digest
  if (a.by === owner) return true
  return b.by !== owner && a.by < b.by
}

function stillWaiting(held: ReadonlyMap<string, Node>): readonly CaseDocument[] {
  const waiting: CaseDocument[] = []
  for (const node of held.values()) if (node.missing > 0) waiting.push(node.document)
  return waiting.sort((a, b) => (a.digest < b.digest ? -1 : 1))
}

/** A document that names its side's previous one continues the chain; only where one does not, ancestors are compared. */
function findForks(order: readonly CaseDocument[]): readonly (readonly [string, string])[] {
  const forks: [string, string][] = []
  const sides = new Map<RegionId, { readonly written: CaseDocument[]; forked: boolean }>()
  let placed: ReadonlyMap<string, CaseDocument> | undefined
  for (const document of order) {
    const side = sides.get(document.by)
    if (side === undefined) {
      sides.set(document.by, { written: [document], forked: false })
      continue
    }
    const previous = side.written[side.written.length - 1] as CaseDocument
    if (side.forked || !document.seen.includes(previous.digest)) {
      placed ??= byDigest(order)
      const past = ancestorsOf(document, placed)
      for (const earlier of side.written) {
        if (past.has(earlier.digest)) continue
        forks.push([earlier.digest, document.digest])
        side.forked = true
      }
    }
    side.written.push(document)
  }
  return forks.length === 0 ? none : forks
}
