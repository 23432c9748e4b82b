import { DELIVERY_HORIZON_SECONDS, judgeKeyUse, type KeyTimes } from '@hefu/protocol'
import type { Findings } from './finding.ts'

/**
 * Judges an old signature by the time it was first witnessed (protocol.md section 3): a retired key is good until its `exp` and the
 * delivery horizon; a compromised one for what was witnessed before the theft, and doubtful between that and the manifest that told of it.
 */
export function judgeKeyTime(
  times: KeyTimes | undefined,
  { digest, witnessedAt }: { readonly digest: string; readonly witnessedAt: number | undefined },
  findings: Findings,
): void {
  if (times === undefined) return
  const { iat = 0, exp = 0, revoked } = times
  const found = witnessedAt === undefined ? '—' : iso(witnessedAt)
  const add = (code: 'key-late' | 'key-early' | 'key-doubtful' | 'key-compromised', expected: string) =>
    findings.add(code, { subject: digest, expected, found })
  const use = judgeKeyUse(times, witnessedAt)
  if (use.verdict === 'doubtful') add('key-doubtful', `< ${iso(revoked?.at ?? 0)}`)
  if (use.verdict !== 'bad') return
  if (use.why === 'late') add('key-late', `≤ ${iso(exp + DELIVERY_HORIZON_SECONDS)}`)
  else if (use.why === 'early') add('key-early', `≥ ${iso(iat)}`)
  else add('key-compromised', `< ${iso(revoked?.at ?? 0)}`)
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}
