import { type ApiClient, listOf } from './api-client.ts'

export interface Half {
  readonly region: string
  /** With the auditor's token: metadata of all cases, receipts, no content. */
  readonly auditor: ApiClient
}

/**
 * Halves match: after settling, both nodes have the same set of cases, and per case the same document digests, standings,
 * receipts (digest), state and deadlines (house.md). Answers the differences, empty when they match. Only cases between these two regions count.
 */
export async function compareHalves(a: Half, b: Half): Promise<string[]> {
  const [left, right] = [await readHalf(a, b.region), await readHalf(b, a.region)]
  const differences: string[] = []
  for (const name of new Set([...left.keys(), ...right.keys()])) {
    const [one, other] = [left.get(name), right.get(name)]
    if (one === other) continue
    differences.push(`${name}: ${a.region} has ${one ?? 'nothing'}, ${b.region} has ${other ?? 'nothing'}`)
  }
  return differences
}

async function readHalf(half: Half, other: string): Promise<Map<string, string>> {
  const facts = new Map<string, string>()
  for (const one of await half.auditor.all('/v1/cases?limit=200')) {
    const regions = listOf(one.participants).map((p) => String(p.region))
    // A case whose first document was refused is final on its owner's node alone (procedures.md section 1).
    if (!regions.includes(other) || String(one.state) === 'undelivered') continue
    const documents = listOf(one.documents).map((d) => [
      d.digest,
      d.document,
      d.by,
      d.issuedAt,
      d.receivedAt,
      d.answers,
      d.standing,
      d.reasonCode ?? d.reason,
    ])
    facts.set(
      `case ${one.caseNumber}`,
      JSON.stringify({ state: one.state, ball: one.ballHolder, deadlines: one.deadlines, effectiveUntil: one.effectiveUntil, documents }),
    )
  }
  for (const receipt of await half.auditor.all('/v1/receipts?limit=200')) {
    if ([String(receipt.iss), String(receipt.aud)].includes(other))
      facts.set(`receipt ${receipt.digest}`, `${receipt.iss} ${receipt.aud} ${receipt.receivedAt}`)
  }
  return facts
}
