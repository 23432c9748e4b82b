import type { Finding, Findings } from './finding.ts'
import type { OpenedExport } from './open-export.ts'

/** What `verify` says, and its `--json`. */
export interface VerifyReport {
  readonly ok: boolean
  readonly region: string
  readonly origin: string
  readonly epoch: number
  readonly size: number
  /** base64. */
  readonly root: string
  readonly exportedAt: string
  /** Entries whose bytes were looked at. The others are proven by their hashes alone: nothing is said of what is in them. */
  readonly examined: number
  /** Entries below this are in a history that a quorum saw, at `quorumAt`. */
  readonly proven: number
  readonly quorumAt: string | null
  readonly receipts: number
  /** Whether the receipts' signatures were verified (needs the federation file). */
  readonly receiptSignatures: boolean
  readonly kinds: Readonly<Record<string, number>>
  /** The log that this one succeeds, as far as it was looked at (`--previous`); null: it was not, or there is none. */
  readonly previous: PreviousLog | null
  /** Those before that one, newest first, as far as they were looked at (`--previous` once more). */
  readonly earlier: readonly PreviousLog[]
  readonly findings: readonly Finding[]
  readonly notes: readonly Finding[]
  /** Further findings by code that are not listed. */
  readonly omitted: Readonly<Partial<Record<string, number>>>
}

export interface PreviousLog {
  readonly origin: string
  readonly epoch: number
  readonly size: number
  /** Whether its export verifies by itself. */
  readonly ok: boolean
}

interface Checked {
  readonly root: Uint8Array
  readonly examined: number
  readonly kinds: Readonly<Record<string, number>>
  readonly proven: { readonly size: number; readonly quorumTime: number | undefined }
  readonly receipts: number
  readonly receiptSignatures: boolean
}

/** Of one log alone. */
export function reportExport({ manifest, pinned }: OpenedExport, { root, proven, ...checked }: Checked, findings: Findings): VerifyReport {
  const { region, origin, epoch, exportedAt } = manifest
  const { examined, receipts, receiptSignatures, kinds } = checked
  return {
    ok: findings.findings.length === 0,
    region,
    origin,
    epoch,
    size: pinned.checkpoint.size,
    root: Buffer.from(root).toString('base64'),
    exportedAt: new Date(exportedAt).toISOString(),
    examined,
    proven: proven.size,
    quorumAt: proven.quorumTime === undefined ? null : new Date(proven.quorumTime * 1000).toISOString(),
    receipts,
    receiptSignatures,
    kinds,
    previous: null,
    earlier: [],
    findings: findings.findings,
    notes: findings.notes,
    omitted: findings.omitted,
  }
}
