import type { KeyLookUp, LogEntry } from '@hefu/protocol'
import { type Policy, policyFor } from '@hefu/translog'
import { AuditError } from './audit-error.ts'
import type { ExportReader } from './export-reader.ts'
import { Findings } from './finding.ts'
import { AT_TOLERANCE_MS, EntryJudge, MAX_GAP_MS } from './judge-entries.ts'
import { judgeHeads, verifyHeads } from './judge-heads.ts'
import { judgeReceipts, LATE_AFTER_MS, type UnloggedLeaf } from './judge-receipts.ts'
import { judgeSeen, judgeSuccessor } from './judge-seen.ts'
import { type OpenedExport, openExport } from './open-export.ts'
import { plainText } from './plain-text.ts'
import { readEntriesOf } from './read-entries.ts'
import { emptyBook, enter } from './receipt-book.ts'
import type { AuditState, SeenHead } from './state-file.ts'
import { reportExport, type VerifyReport } from './verify-report.ts'

export interface VerifyOptions {
  readonly policies: readonly Policy[]
  /** Heads verified before. */
  readonly state?: AuditState
  /** Message keys of the federation: with them the receipts' signatures are verified too. */
  readonly lookUpKey?: KeyLookUp | undefined
  readonly toleranceMs?: number
  readonly maxGapMs?: number
  readonly lateAfterMs?: number
  /** Another log has succeeded this one: it ended, and what it ended with need not be young at the export. */
  readonly closed?: boolean
  /** With `closed`: what its successor's receipts answer, and that log does not have. */
  readonly later?: readonly UnloggedLeaf[]
  /** Further sizes whose roots are wanted. */
  readonly rootsAt?: readonly number[]
  readonly onProgress?: (done: number, total: number) => void
}

/** What entry 0 says that the log succeeds. */
export type Successor = Extract<LogEntry, { kind: 'log.successor' }>

export interface VerifiedExport {
  readonly report: VerifyReport
  readonly findings: Findings
  readonly successor: Successor | undefined
  /** By size, of the sizes that were asked for. */
  readonly roots: ReadonlyMap<number, Uint8Array>
  /** What receipts answer and the log does not have; of a successor it stands in the log before. */
  readonly unlogged: readonly UnloggedLeaf[]
  /** Of `later`, what this log does not have either; none where not all of it was looked at. */
  readonly strangers: readonly UnloggedLeaf[]
  /** What to remember; undefined while there is an error. */
  readonly head: SeenHead | undefined
}

/**
 * Recomputes an export from its bytes and judges it under the policy. Trusts nothing in the folder but what a signature or a hash of a
 * signed head covers. Throws AuditError when nothing can be checked.
 */
export async function verifyExport(reader: ExportReader, options: VerifyOptions): Promise<VerifiedExport> {
  const opened = await openExport(reader)
  const policy = policyFor(options.policies, opened.manifest.origin)
  if (policy === undefined) throw unknownLog(opened.manifest.origin)
  const findings = new Findings()
  const heads = verifyHeads(opened, policy, findings)
  const seen = options.state?.get(policy.log.name)
  const read = await readEntries(opened, rootsWanted(heads.verified, seen, opened, options.rootsAt), options, findings)
  judgeRoot(opened, read.root, findings)
  judgeSeen(seen, { size: opened.pinned.checkpoint.size, roots: read.roots }, findings)
  judgeSuccessor(read.successor, options.state, findings)
  const { size } = opened.pinned.checkpoint
  const { exportedAt } = opened.manifest
  const proven = judgeHeads(heads, { size, root: read.root, roots: read.roots }, { policy, exportedAt, closed: options.closed }, findings)
  const { count: receipts, ...judged } = await judgeReceipts(
    reader,
    read.book,
    { ...read.rules, ...receiptOptions(options, size) },
    findings,
  )
  return {
    findings,
    successor: read.successor,
    roots: read.roots,
    unlogged: judged.unlogged,
    strangers: read.rules.whole ? judged.strangers : [],
    report: reportExport(opened, { ...read, proven, receipts, receiptSignatures: options.lookUpKey !== undefined }, findings),
    head: findings.hasErrors ? undefined : { size, root: read.root },
  }
}

function unknownLog(origin: string): AuditError {
  return new AuditError('policy-log', {
    zh: `策略文件中没有日志 ${plainText(origin)}，无法核验`,
    en: `the policy file has no log ${plainText(origin)}: nothing can be checked`,
  })
}

function rootsWanted(
  verified: readonly { readonly checkpoint: { readonly size: number } }[],
  seen: SeenHead | undefined,
  opened: OpenedExport,
  further: readonly number[] = [],
) {
  const sizes = [
    opened.pinned.checkpoint.size,
    ...verified.map(({ checkpoint }) => checkpoint.size),
    ...(seen === undefined ? [] : [seen.size]),
    ...further,
  ]
  return [...new Set(sizes)].toSorted((a, b) => a - b)
}

async function readEntries(opened: OpenedExport, rootsAt: readonly number[], options: VerifyOptions, findings: Findings) {
  const { reader, manifest, pinned } = opened
  const { size } = pinned.checkpoint
  const [from, to] = [manifest.from ?? 0, Math.min(manifest.to ?? size, size)]
  const rules = {
    region: manifest.region,
    epoch: manifest.epoch,
    toleranceMs: options.toleranceMs ?? AT_TOLERANCE_MS,
    maxGapMs: options.maxGapMs ?? MAX_GAP_MS,
  }
  const judge = new EntryJudge(rules, findings)
  const book = emptyBook()
  let firstAt: number | undefined
  let successor: Successor | undefined
  const onEntry = (bytes: Uint8Array, index: number) => {
    const entry = judge.judge(bytes, index)
    if (entry === undefined) return
    firstAt ??= entry.at
    if (entry.kind === 'log.successor' && index === 0) successor = entry
    enter(book, entry, index, findings)
  }
  const onProgress = (done: number) => options.onProgress?.(done, size)
  if (from > 0 || to < size) findings.add('not-examined', { expected: `0–${size}`, found: `${from}–${to}` })
  const tree = await readEntriesOf(reader, { size, from, to, rootsAt }, { onEntry, onProgress }, findings)
  if (to === size && options.closed !== true) judge.end(manifest.exportedAt)
  const receiptRules = {
    region: manifest.region,
    epoch: manifest.epoch,
    firstAt: firstAt ?? 0,
    latestAt: judge.latestAt ?? 0,
    exportedAt: manifest.exportedAt,
    whole: tree.examined === size,
  }
  return { ...tree, book, kinds: judge.counts, successor, rules: receiptRules }
}

function receiptOptions(options: VerifyOptions, size: number) {
  const onProgress = () => options.onProgress?.(size, size)
  return { lateAfterMs: options.lateAfterMs ?? LATE_AFTER_MS, lookUpKey: options.lookUpKey, later: options.later ?? [], onProgress }
}

function judgeRoot({ pinned: { checkpoint } }: OpenedExport, root: Uint8Array, findings: Findings): void {
  if (Buffer.compare(root, checkpoint.root) === 0) return
  findings.add('root-differs', { index: checkpoint.size, expected: base64(checkpoint.root), found: base64(root) })
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
