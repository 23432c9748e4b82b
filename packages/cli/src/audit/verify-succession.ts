import { AuditError } from './audit-error.ts'
import type { ExportReader } from './export-reader.ts'
import type { Findings } from './finding.ts'
import { reportUnlogged } from './judge-receipts.ts'
import { openExport } from './open-export.ts'
import { type Successor, type VerifiedExport, type VerifyOptions, verifyExport } from './verify-export.ts'

/**
 * Verifies an export and, where it is of a log that succeeds another, that it takes up where the witnesses saw that one end. Without an
 * export of the previous log the result says that it was not looked at. Throws AuditError when nothing can be checked.
 */
export async function verifySuccession(
  reader: ExportReader,
  previous: ExportReader | undefined,
  options: VerifyOptions,
): Promise<VerifiedExport> {
  const verified = await verifyExport(reader, options)
  const { report, findings, successor } = verified
  if (previous === undefined) {
    if (report.epoch > 0) findings.add('previous-unchecked', { index: 0, expected: '--previous', found: '—' })
    return judged(verified)
  }
  if (report.epoch === 0) throw succeedsNone(report.origin)
  // Entry 0 is not log.successor, or was not exported: reported, and nothing says what to compare with.
  const { manifest } = await openExport(previous)
  const rootsAt = successor === undefined ? [] : [Math.min(successor.size, manifest.size)]
  const before = await verifyExport(previous, { ...options, rootsAt, closed: true, later: verified.unlogged })
  judgePrevious(successor, verified, before, findings)
  const { origin, epoch, size, ok } = before.report
  return judged(verified, { origin, epoch, size, ok })
}

function succeedsNone(origin: string): AuditError {
  return new AuditError('previous', {
    zh: `${origin}：此日志不接续任何日志，--previous 无从核对`,
    en: `${origin}: this log succeeds no other, so there is nothing to check --previous against`,
  })
}

function judgePrevious(
  successor: Successor | undefined,
  { report: { region, epoch } }: VerifiedExport,
  { report, roots, strangers }: VerifiedExport,
  findings: Findings,
): void {
  const subject = report.origin
  if (!report.ok) findings.add('previous-unverified', { subject, expected: 'ok', found: report.findings.map(({ code }) => code).join(' ') })
  if (successor === undefined) return
  const about = { index: 0, subject }
  const [named, given] = [`${region} ${successor.origin} ${epoch - 1}`, `${report.region} ${report.origin} ${report.epoch}`]
  if (named !== given) {
    findings.add('previous-other', { ...about, expected: named, found: given })
    return
  }
  // What the second log before this one has is not looked at.
  if (report.epoch === 0) for (const one of strangers) if (!one.elsewhere) reportUnlogged(one, 'message-unlogged', findings)
  const { size } = successor
  if (report.proven > size) findings.add('previous-beyond', { ...about, expected: `${report.proven}`, found: `${size}` })
  if (report.size < size) {
    findings.add('previous-short', { ...about, expected: `≥ ${size}`, found: `${report.size}` })
    return
  }
  const root = Buffer.from(roots.get(size) ?? []).toString('base64url')
  if (root !== successor.root)
    findings.add('previous-differs', { ...about, expected: `${size} ${successor.root}`, found: `${size} ${root}` })
}

/** With what was found after the report was made. */
function judged(verified: VerifiedExport, previous = verified.report.previous): VerifiedExport {
  const { findings, report, head } = verified
  const all = { findings: findings.findings, notes: findings.notes, omitted: findings.omitted }
  const ok = findings.findings.length === 0
  return { ...verified, report: { ...report, ok, previous, ...all }, head: findings.hasErrors ? undefined : head }
}
