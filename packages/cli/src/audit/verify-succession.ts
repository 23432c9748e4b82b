import { AuditError } from './audit-error.ts'
import type { ExportReader } from './export-reader.ts'
import type { Findings } from './finding.ts'
import { reportUnlogged, type UnloggedLeaf } from './judge-receipts.ts'
import { type OpenedExport, openExport } from './open-export.ts'
import { type Successor, type VerifiedExport, type VerifyOptions, verifyExport } from './verify-export.ts'
import type { PreviousLog, VerifyReport } from './verify-report.ts'

/**
 * Verifies an export and, where it is of a log that succeeds another, that it takes up where the witnesses saw that one end; of that again,
 * as far back as there are exports (`previous`, in any order). The result says where the looking ended, if not at the first log. Throws
 * AuditError when nothing can be checked.
 */
export async function verifySuccession(
  reader: ExportReader,
  previous: readonly ExportReader[],
  options: VerifyOptions,
): Promise<VerifiedExport> {
  const verified = await verifyExport(reader, options)
  const opened = await Promise.all(previous.map((one) => openExport(one)))
  const newestFirst = opened.toSorted((a, b) => b.manifest.epoch - a.manifest.epoch)
  const [before = null, ...earlier] = await verifyPrevious(verified, verified.unlogged, newestFirst, options, verified.findings)
  return judged(verified, before, earlier)
}

/** `unlogged`: what the receipts of all later logs answer, and none of them has. */
async function verifyPrevious(
  { report: { region, origin, epoch }, successor }: VerifiedExport,
  unlogged: readonly UnloggedLeaf[],
  [previous, ...earlier]: readonly OpenedExport[],
  options: VerifyOptions,
  findings: Findings,
): Promise<PreviousLog[]> {
  if (previous === undefined) {
    if (epoch > 0) findings.add('previous-unchecked', { index: 0, subject: origin, expected: '--previous', found: '—' })
    return []
  }
  if (epoch === 0) throw succeedsNone(origin)
  // Entry 0 is not log.successor, or was not exported: reported, and nothing says what to compare with.
  const rootsAt = successor === undefined ? [] : [Math.min(successor.size, previous.manifest.size)]
  const before = await verifyExport(previous.reader, { ...options, rootsAt, closed: true, later: unlogged })
  judgePrevious(successor, { region, epoch }, before, findings)
  const { report } = before
  const further = await verifyPrevious(before, [...before.strangers, ...before.unlogged], earlier, options, findings)
  return [{ origin: report.origin, epoch: report.epoch, size: report.size, ok: report.ok }, ...further]
}

function succeedsNone(origin: string): AuditError {
  return new AuditError('previous', {
    zh: `${origin}：此日志不接续任何日志，--previous 无从核对`,
    en: `${origin}: this log succeeds no other, so there is nothing to check --previous against`,
  })
}

function judgePrevious(
  successor: Successor | undefined,
  { region, epoch }: Pick<VerifyReport, 'region' | 'epoch'>,
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
  // What a log before that one has may be looked at next.
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
function judged(verified: VerifiedExport, previous: PreviousLog | null, earlier: readonly PreviousLog[]): VerifiedExport {
  const { findings, report, head } = verified
  const all = { findings: findings.findings, notes: findings.notes, omitted: findings.omitted }
  const ok = findings.findings.length === 0
  return { ...verified, report: { ...report, ok, previous, earlier, ...all }, head: findings.hasErrors ? undefined : head }
}
