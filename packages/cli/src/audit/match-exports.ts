import type { KeyLookUp } from '@hefu/protocol'
import type { Policy } from '@hefu/translog'
import type { DigestTable } from './digest-table.ts'
import type { ExportReader } from './export-reader.ts'
import { type Finding, Findings } from './finding.ts'
import { MEANT_FOR_ANOTHER, RECEIPTED, REFUSED } from './half-book.ts'
import { cosignedSizes, judgeCosigned } from './judge-cosigned.ts'
import { IN_FLIGHT_MS, LATE_AFTER_MS } from './judge-receipts.ts'
import { type Logs, openHalves } from './open-halves.ts'
import { type HalfLog, readHalf, tableOf } from './read-half.ts'
import { type DayTotals, Totals } from './totals.ts'

export interface MatchOptions {
  /** With them the heads that the other half holds are believed only with the log's signature. */
  readonly policies?: readonly Policy[] | undefined
  readonly lookUpKey?: KeyLookUp | undefined
  /** The logs that those of the halves succeed. */
  readonly previous?: readonly ExportReader[]
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
  const { a, b } = await readHalves(await openHalves(readers, options.previous ?? []), options, findings)
  for (const { treeHolds, region, origin } of [a, b])
    if (!treeHolds) findings.add('half-unverified', { subject: region, expected: origin, found: 'hefu audit verify' })
  const lateAfterMs = options.lateAfterMs ?? LATE_AFTER_MS
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    judgeCosigned(from, to, options.policies, findings)
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

interface Judging {
  readonly lateAfterMs: number
  readonly findings: Findings
}

/** One after the other: a progress bar that only grows, and one bundle in memory. */
async function readHalves([a, b]: readonly [Logs, Logs], { lookUpKey, onProgress }: MatchOptions, findings: Findings) {
  const rootsAt = cosignedSizes([...a, ...b])
  const [first, second] = [a, b].map((logs) => logs.reduce((sum, { pinned }) => sum + pinned.checkpoint.size, 0)) as [number, number]
  const progress = (before: number) => (done: number) => onProgress?.(before + done, first + second)
  return {
    a: await readHalf(a, { rootsAt, lookUpKey, onProgress: progress(0) }, findings),
    b: await readHalf(b, { rootsAt, lookUpKey, onProgress: progress(first) }, findings),
  }
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
