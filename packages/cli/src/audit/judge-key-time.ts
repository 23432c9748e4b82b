import { DELIVERY_HORIZON_SECONDS, type EvidencePackage } from '@hefu/protocol'
import type { Findings } from './finding.ts'

/**
 * Judges an old signature by the time it was first witnessed (protocol.md section 3): a retired key is good until its `exp` and the
 * delivery horizon; a compromised one only for what was witnessed before.
 */
export function judgeKeyTime(
  record: EvidencePackage['keys'][number] | undefined,
  { digest, witnessedAt }: { readonly digest: string; readonly witnessedAt: number | undefined },
  findings: Findings,
): void {
  if (record === undefined || witnessedAt === undefined) return
  const { exp, revoked } = record
  const found = iso(witnessedAt)
  if (exp !== undefined && witnessedAt > exp + DELIVERY_HORIZON_SECONDS)
    findings.add('key-late', { subject: digest, expected: `≤ ${iso(exp + DELIVERY_HORIZON_SECONDS)}`, found })
  if (revoked?.reason === 'compromised' && witnessedAt >= revoked.at)
    findings.add('key-doubtful', { subject: digest, expected: `< ${iso(revoked.at)}`, found })
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}
