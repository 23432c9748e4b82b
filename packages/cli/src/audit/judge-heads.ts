import { type Checkpoint, type Policy, type VerifiedCheckpoint, verifyCheckpoint } from '@hefu/translog'
import type { Findings } from './finding.ts'
import type { ExportedNote, OpenedExport } from './open-export.ts'

/** A head with a quorum must be as young as this at the export (protocol.md section 4). */
export const MAX_HEAD_AGE_MS = 5 * 60_000

/** Clocks of the federation are within two minutes of each other. */
const MAX_HEAD_AHEAD_MS = 2 * 60_000

export interface Heads {
  /** Signed by the log; the pinned one first. */
  readonly verified: readonly (VerifiedCheckpoint & { readonly path: string })[]
}

/** Verifies the signatures of all checkpoints of this log. */
export function verifyHeads({ manifest, pinned, witnessed, unreadable }: OpenedExport, policy: Policy, findings: Findings): Heads {
  const { origin, size } = pinned.checkpoint
  if (manifest.origin !== origin || manifest.size !== size)
    findings.add('manifest-differs', { subject: 'checkpoint', expected: `${manifest.origin} ${manifest.size}`, found: `${origin} ${size}` })
  for (const { path, why } of unreadable) findings.add('file-unreadable', { subject: path, expected: 'signed note', found: why })
  const verify = ({ path, bytes }: ExportedNote, code: 'checkpoint-signature' | 'witness-signature') => {
    const checkpoint = verifyCheckpoint(bytes, policy)
    if (checkpoint.ok) return [{ ...checkpoint.value, path }]
    findings.add(code, { subject: path, expected: policy.log.name, found: checkpoint.code })
    return []
  }
  return { verified: [...verify(pinned, 'checkpoint-signature'), ...witnessed.flatMap((note) => verify(note, 'witness-signature'))] }
}

export interface Proven {
  /** Entries below are in a history that a quorum of witnesses saw. */
  readonly size: number
  /** When the quorum saw it, epoch seconds; undefined: never. */
  readonly quorumTime: number | undefined
}

interface HeadRules {
  readonly policy: Policy
  readonly exportedAt: number
  /** The log has ended: its last head gets no younger. */
  readonly closed?: boolean | undefined
}

/**
 * How much of the tree the witnesses vouch for. Of each witness counts the largest head that it cosigned and that is a beginning of this
 * tree: whoever cosigned it also saw every smaller one. So the k-th largest of them is what a quorum saw.
 */
export function judgeHeads(
  { verified }: Heads,
  tree: Pick<Checkpoint, 'size' | 'root'> & { readonly roots: ReadonlyMap<number, Uint8Array> },
  { policy, exportedAt, closed = false }: HeadRules,
  findings: Findings,
): Proven {
  const byWitness = new Map<string, { size: number; time: number }>()
  for (const { checkpoint, cosignatures, path } of verified) {
    if (!continues(checkpoint, tree, path, findings)) continue
    for (const { key, time } of cosignatures) {
      const before = byWitness.get(key.name)
      if (before === undefined || before.size < checkpoint.size || (before.size === checkpoint.size && before.time < time))
        byWitness.set(key.name, { size: checkpoint.size, time })
    }
  }
  const sizes = [...byWitness.values()].map(({ size }) => size).toSorted((a, b) => b - a)
  const times = [...byWitness.values()].map(({ time }) => time).toSorted((a, b) => b - a)
  const proven = { size: sizes[policy.threshold - 1] ?? 0, quorumTime: times[policy.threshold - 1] }
  judgeAge(proven, tree.size, { policy, exportedAt, closed }, findings)
  return proven
}

/** Whether the tree begins with that checkpoint. The pinned one is compared with the root before this. */
function continues(
  { size, root }: Checkpoint,
  tree: { readonly size: number; readonly roots: ReadonlyMap<number, Uint8Array> },
  path: string,
  findings: Findings,
): boolean {
  if (size > tree.size) {
    findings.add('witness-beyond', { subject: path, expected: `${size}`, found: `${tree.size}` })
    return false
  }
  const own = tree.roots.get(size)
  if (own !== undefined && Buffer.compare(own, root) === 0) return true
  if (path !== 'checkpoint') {
    const found = own === undefined ? '—' : Buffer.from(own).toString('base64')
    findings.add('witness-contradicts', { index: size, subject: path, expected: Buffer.from(root).toString('base64'), found })
  }
  return false
}

function judgeAge(
  { size, quorumTime }: Proven,
  treeSize: number,
  { policy, exportedAt, closed = false }: HeadRules,
  findings: Findings,
): void {
  const wanted = `${policy.threshold}/${policy.witnesses.length}`
  if (quorumTime === undefined) {
    findings.add('no-quorum', { expected: wanted, found: '—' })
    return
  }
  if (quorumTime * 1000 - exportedAt > MAX_HEAD_AHEAD_MS)
    findings.add('head-ahead', {
      index: size,
      expected: `≤ ${new Date(exportedAt + MAX_HEAD_AHEAD_MS).toISOString()}`,
      found: new Date(quorumTime * 1000).toISOString(),
    })
  if (!closed && exportedAt - quorumTime * 1000 > MAX_HEAD_AGE_MS)
    findings.add('head-old', {
      index: size,
      expected: `≥ ${new Date(exportedAt - MAX_HEAD_AGE_MS).toISOString()}`,
      found: new Date(quorumTime * 1000).toISOString(),
    })
  if (size < treeSize) findings.add('unproven', { index: size, expected: `${treeSize}`, found: `${size}` })
}
