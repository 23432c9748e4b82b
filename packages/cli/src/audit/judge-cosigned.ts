import { type Policy, parseCheckpointNote, policyFor, verifyLogSignature } from '@hefu/translog'
import type { Findings } from './finding.ts'
import type { OpenedExport } from './open-export.ts'
import type { HalfLog } from './read-half.ts'

const NONE = '—'

/** Sizes of the heads that these exports show of others' logs. */
export function cosignedSizes(opened: readonly OpenedExport[]): number[] {
  return opened.flatMap(({ cosigned }) =>
    cosigned.flatMap(({ bytes }) => {
      const parsed = parseCheckpointNote(bytes)
      return parsed.ok ? parsed.value.checkpoint.size : []
    }),
  )
}

/** What `peer` cosigned of `half`'s log must be a beginning of it. */
export function judgeCosigned(half: HalfLog, peer: HalfLog, policies: readonly Policy[] | undefined, findings: Findings): void {
  for (const { path, bytes } of peer.cosigned) {
    const parsed = parseCheckpointNote(bytes)
    if (!parsed.ok || parsed.value.checkpoint.origin !== half.origin) continue
    const subject = `${peer.region}: ${path}`
    const policy = policies && policyFor(policies, half.origin)
    if (policies === undefined) findings.add('cosigned-unchecked', { subject, expected: half.origin, found: NONE })
    else if (policy === undefined || !verifyLogSignature(parsed.value, policy.log).ok) {
      // Anybody could have written it: it says nothing of the half.
      findings.add('checkpoint-signature', { subject, expected: half.origin, found: NONE })
      continue
    }
    const { size, root } = parsed.value.checkpoint
    const own = half.roots.get(size)
    if (size > half.size) {
      // Two nodes are never exported at one moment: of what was cosigned after this half was exported it can say nothing.
      const code = peer.exportedAt > half.exportedAt ? 'cosigned-later' : 'cosigned-beyond'
      findings.add(code, { index: half.size, subject, expected: `${size}`, found: `${half.size}` })
    }
    if (size <= half.size && (own === undefined || Buffer.compare(root, own) !== 0))
      findings.add('cosigned-contradicts', { index: size, subject, expected: base64(root), found: own === undefined ? NONE : base64(own) })
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
