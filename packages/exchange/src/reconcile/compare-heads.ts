import type { Head, MessageId } from './heads-schemas.ts'

/**
 * How the halves differ over one message, seen from here. `pending-…`: under way, its sender delivers it. `answer-lost-…`: there
 * is a receipt, and the sender of the message has not recorded it. `lost-…`: one side holds a receipted message that the other
 * does not know. The last three are contradictions that no exchange of copies heals.
 */
export type DifferenceKind =
  | 'pending-here'
  | 'pending-at-peer'
  | 'answer-lost-here'
  | 'answer-lost-at-peer'
  | 'lost-here'
  | 'lost-at-peer'
  | 'digest-differs'
  | 'receipt-differs'
  | 'receipt-missing'

export interface Difference extends MessageId {
  readonly kind: DifferenceKind
}

/**
 * Compares both sides' heads of the same stretch. `before` and `mine` are this side's, read before and after the peer's: what
 * changed in between is being exchanged just now, so it can be no loss and is left alone.
 */
export function compareHeads(
  region: string,
  heads: { before: readonly Head[]; theirs: readonly Head[]; mine: readonly Head[] },
): { compared: number; differences: Difference[] } {
  const before = byKey(heads.before)
  const theirs = byKey(heads.theirs)
  const mine = byKey(heads.mine)
  const keys = new Set([...mine.keys(), ...theirs.keys()])
  const differences = [...keys].flatMap((key): Difference[] => {
    const here = mine.get(key)
    const there = theirs.get(key)
    if (here?.receipt !== before.get(key)?.receipt) return []
    const kind = compareOne(region, here, there)
    const { iss, jti } = (here ?? there) as Head
    return kind === null ? [] : [{ iss, jti, kind }]
  })
  return { compared: keys.size, differences }
}

/** Null when both halves say the same, or when nothing was answered and nothing is lost. */
function compareOne(region: string, here: Head | undefined, there: Head | undefined): DifferenceKind | null {
  if (here && there && here.digest !== there.digest) return 'digest-differs'
  const own = (here ?? there)?.iss === region
  const receiptHere = here?.receipt ?? null
  const receiptThere = there?.receipt ?? null
  if (receiptHere !== null && receiptThere !== null) {
    const same = receiptHere === receiptThere && here?.status === there?.status && here?.reason === there?.reason
    return same ? null : 'receipt-differs'
  }
  if (receiptHere === null && receiptThere === null) {
    if (here && there) return 'receipt-missing'
    return own ? (here ? 'pending-here' : 'receipt-missing') : there ? 'pending-at-peer' : 'receipt-missing'
  }
  if (receiptHere === null) return here && own ? 'answer-lost-here' : 'lost-here'
  return there && !own ? 'answer-lost-at-peer' : 'lost-at-peer'
}

function byKey(heads: readonly Head[]): Map<string, Head> {
  return new Map(heads.map((head) => [keyOf(head), head]))
}

export function keyOf({ iss, jti }: MessageId): string {
  return `${iss} ${jti}`
}

/** The order of pages: by (jti, iss), as PostgreSQL orders a uuid and text in collation C. */
export function precedes(one: MessageId, other: MessageId): boolean {
  return one.jti === other.jti ? one.iss < other.iss : one.jti < other.jti
}
