import type { ExportManifest, KeyLookUp } from '@hefu/protocol'
import { type Checkpoint, type Policy, parseCheckpointNote, policyFor, verifyLogSignature } from '@hefu/translog'
import { AuditError } from './audit-error.ts'
import type { DigestTable } from './digest-table.ts'
import type { ExportReader } from './export-reader.ts'
import { type Finding, Findings } from './finding.ts'
import { IN_FLIGHT_MS, LATE_AFTER_MS } from './judge-receipts.ts'
import { type OpenedExport, openExport } from './open-export.ts'
import { type HalfLog, MEANT_FOR_ANOTHER, RECEIPTED, REFUSED, readHalf, tableOf } from './read-half.ts'
import { type DayTotals, Totals } from './totals.ts'

export interface MatchOptions {
  /** With them the heads that the other half holds are believed only with the log's signature. */
  readonly policies?: readonly Policy[] | undefined
  readonly lookUpKey?: KeyLookUp | undefined
  /** What has no counterpart yet is late, and not missing, while it is younger. */
  readonly lateAfterMs?: number
  readonly onProgress?: (done: number, total: number) => void
}

/** What `match` says, and its `--json`. */
export interface MatchReport {
  readonly ok: boolean
  readonly halves: readonly {
    readonly region: string
    readonly origin: string
    readonly size: number
    readonly exportedAt: string
    /** Whether its own tree holds. Signatures and quorum are `verify`'s to judge. */
    readonly treeHolds: boolean
  }[]
  /** Messages by sender, day of sending (Asia/Shanghai) and procedure. */
  readonly days: readonly DayTotals[]
  readonly findings: readonly Finding[]
  readonly notes: readonly Finding[]
  readonly omitted: Readonly<Partial<Record<string, number>>>
}

/**
 * Lays the two halves of the tally together: what one says that it sent, the other must say that it received or refused, and the same of
 * receipts; and what the other cosigned of a log must be a beginning of it. Throws AuditError when one half cannot be read at all.
 */
export async function matchExports(readers: readonly [ExportReader, ExportReader], options: MatchOptions = {}): Promise<MatchReport> {
  const findings = new Findings()
  const totals = new Totals()
  const opened = [await openExport(readers[0]), await openExport(readers[1])] as const
  if (opened[0].manifest.region === opened[1].manifest.region) throw sameRegion(opened[0].manifest.region)
  for (const { manifest, pinned } of opened) if (isPart(manifest, pinned.checkpoint.size)) throw partOnly(manifest.region)
  const { a, b } = await readHalves(opened, options)
  for (const { treeHolds, region, origin } of [a, b])
    if (!treeHolds) findings.add('half-unverified', { subject: region, expected: origin, found: 'hefu audit verify' })
  const lateAfterMs = options.lateAfterMs ?? LATE_AFTER_MS
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    judgeHeads(from, to, options.policies, findings)
    judgeMessages(from, to, { lateAfterMs, totals, findings })
    judgeReceipts(from, to, { lateAfterMs, findings })
  }
  return {
    ok: findings.findings.length === 0,
    halves: [a, b].map(({ region, origin, size, exportedAt, treeHolds }) => ({
      region,
      origin,
      size,
      exportedAt: new Date(exportedAt).toISOString(),
      treeHolds,
    })),
    days: totals.rows(),
    findings: findings.findings,
    notes: findings.notes,
    omitted: findings.omitted,
  }
}

function sameRegion(region: string): AuditError {
  return new AuditError('same-region', {
    zh: `两个导出都属于区域 ${region}，无从比对`,
    en: `both exports are of region ${region}: there is nothing to match`,
  })
}

function isPart({ from = 0, to }: ExportManifest, size: number): boolean {
  return from > 0 || (to !== undefined && to < size)
}

/** What was left out of one half would look as if it had been removed there. */
function partOnly(region: string): AuditError {
  return new AuditError('part-only', {
    zh: `区域 ${region} 的导出只含部分条目（--from/--to），无从比对；请完整导出`,
    en: `the export of region ${region} leaves entries out (--from/--to), so nothing can be matched: export it whole`,
  })
}

interface Judging {
  readonly lateAfterMs: number
  readonly findings: Findings
}

/** One after the other: a progress bar that only grows, and one bundle in memory. */
async function readHalves(opened: readonly [OpenedExport, OpenedExport], { lookUpKey, onProgress }: MatchOptions) {
  const rootsAt = opened.flatMap(({ cosigned }) => cosigned.flatMap(({ bytes }) => headOf(bytes)?.size ?? []))
  const [first, second] = opened.map(({ pinned }) => pinned.checkpoint.size) as [number, number]
  const progress = (before: number) => (done: number) => onProgress?.(before + done, first + second)
  const a = await readHalf(opened[0], { rootsAt, lookUpKey, onProgress: progress(0) })
  const b = await readHalf(opened[1], { rootsAt, lookUpKey, onProgress: progress(first) })
  return { a, b }
}

function headOf(bytes: Uint8Array): Checkpoint | undefined {
  const parsed = parseCheckpointNote(bytes)
  return parsed.ok ? parsed.value.checkpoint : undefined
}

interface Judging {
  readonly lateAfterMs: number
  readonly findings: Findings
}

const NONE = '—'

/**
 * What is younger than the other's export may not have arrived. Its time counts, not that of its last entry: a log whose tail was cut
 * must not excuse itself with that.
 */
function horizon({ exportedAt }: HalfLog): number {
  return exportedAt - IN_FLIGHT_MS
}

/** `from` sent, `to` should have received or refused. */
function judgeMessages(from: HalfLog, to: HalfLog, judging: Judging & { readonly totals: Totals }): void {
  const { totals, findings } = judging
  const [sent, received] = [tableOf(from, 'sent', to.region), tableOf(to, 'received', from.region)]
  for (const row of sent.rows()) {
    const there = received.find(sent.digest(row))
    const outcome = there === undefined ? judgeAbsent(sent, row, to, judging) : judgePresent(sent, row, received, there, to, judging)
    totals.count(from.region, to.region, { at: sent.at(row), procedure: procedureOf(from, sent, row) }, outcome)
  }
  for (const row of received.rows()) {
    if (sent.find(received.digest(row)) !== undefined) continue
    const about = { index: received.index(row), subject: received.digest(row), expected: `${from.region} message.sent`, found: NONE }
    if (received.mark(row) === MEANT_FOR_ANOTHER) {
      findings.add('refused-elsewhere', about)
      continue
    }
    findings.add(received.at(row) > horizon(from) ? 'received-later' : 'received-not-sent', about)
    totals.count(from.region, to.region, { at: received.at(row), procedure: procedureOf(to, received, row) }, 'unsent')
  }
}

/** With the other's receipt in hand there is no "not yet": it had the message, and promised to log it. */
function judgeAbsent(sent: DigestTable, row: number, to: HalfLog, { lateAfterMs, findings }: Judging): 'missing' | 'late' {
  const about = { index: sent.index(row), subject: sent.digest(row), expected: `${to.region} message.received`, found: NONE }
  const receipted = sent.mark(row) === RECEIPTED
  const late = sent.at(row) > (receipted ? horizon(to) : to.exportedAt - lateAfterMs)
  findings.add(late ? 'sent-late' : receipted ? 'sent-not-received' : 'sent-missing', about)
  return late ? 'late' : 'missing'
}

function judgePresent(sent: DigestTable, row: number, received: DigestTable, there: number, to: HalfLog, { findings }: Judging) {
  // A refusal says only whose and which message it is: the first half of the check.
  const compared = [REFUSED, MEANT_FOR_ANOTHER].includes(received.mark(there)) ? 16 : 32
  const [here, other] = [sent.check(row).subarray(0, compared), received.check(there).subarray(0, compared)]
  if (Buffer.compare(here, other) === 0) return 'matched'
  const found = `${to.region} #${received.index(there)}`
  findings.add('message-unlike', { index: sent.index(row), subject: sent.digest(row), expected: `#${sent.index(row)}`, found })
  return 'differing'
}

function procedureOf({ procedures }: HalfLog, table: DigestTable, row: number): string {
  return procedures[table.label(row)] ?? NONE
}

/** `to` issued, `from` should hold. */
function judgeReceipts(from: HalfLog, to: HalfLog, { lateAfterMs, findings }: Judging): void {
  const [held, issued] = [tableOf(from, 'held', to.region), tableOf(to, 'issued', from.region)]
  for (const row of held.rows()) {
    const there = issued.find(held.digest(row))
    const about = { index: held.index(row), subject: held.digest(row), expected: `${to.region} receipt.issued`, found: NONE }
    if (there === undefined) findings.add(held.at(row) > horizon(to) ? 'receipt-late' : 'receipt-not-issued', about)
    else if (!held.agrees(row, issued.check(there)))
      findings.add('receipt-unlike', { ...about, found: `${to.region} #${issued.index(there)}` })
  }
  for (const row of issued.rows()) {
    if (held.find(issued.digest(row)) !== undefined || issued.mark(row) === MEANT_FOR_ANOTHER) continue
    const about = { index: issued.index(row), subject: issued.digest(row), expected: `${from.region} receipt.received`, found: NONE }
    findings.add(issued.at(row) > from.exportedAt - lateAfterMs ? 'receipt-late' : 'receipt-not-received', about)
  }
}

/** What `peer` cosigned of `half`'s log must be a beginning of it. */
function judgeHeads(half: HalfLog, peer: HalfLog, policies: readonly Policy[] | undefined, findings: Findings): void {
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
