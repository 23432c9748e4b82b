import type { Findings } from './finding.ts'
import type { AuditState, SeenHead } from './state-file.ts'

/** What was verified before must be a beginning of this. */
export function judgeSeen(
  seen: SeenHead | undefined,
  { size, roots }: { readonly size: number; readonly roots: ReadonlyMap<number, Uint8Array> },
  findings: Findings,
): void {
  if (seen === undefined) return
  if (seen.size > size) {
    findings.add('rollback', { index: size, expected: `≥ ${seen.size}`, found: `${size}` })
    return
  }
  const root = roots.get(seen.size)
  if (root === undefined || Buffer.compare(root, seen.root) !== 0)
    findings.add('fork', { index: seen.size, expected: base64(seen.root), found: root === undefined ? '—' : base64(root) })
}

/** A closed log may have grown after it was last verified; the successor must take up from there or later, never before. */
export function judgeSuccessor(
  successor: { origin: string; size: number; root: string } | undefined,
  state: AuditState | undefined,
  findings: Findings,
) {
  const seen = successor && state?.get(successor.origin)
  if (successor === undefined || seen === undefined || successor.size > seen.size) return
  const root = Buffer.from(seen.root).toString('base64url')
  if (successor.size === seen.size && successor.root === root) return
  findings.add('successor-differs', {
    index: 0,
    subject: successor.origin,
    expected: `${seen.size} ${root}`,
    found: `${successor.size} ${successor.root}`,
  })
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
