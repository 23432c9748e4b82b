import type { VerifiedCheckpoint } from '@hefu/translog'
import type { Findings } from './finding.ts'

/** Roots seen by log and size: two of one size are two histories, however well each is signed. */
export class ProvenHeads {
  readonly #findings: Findings
  readonly #roots = new Map<string, string>()

  constructor(findings: Findings) {
    this.#findings = findings
  }

  add({ checkpoint: { origin, size, root } }: VerifiedCheckpoint): void {
    const key = `${size} ${origin}`
    const text = Buffer.from(root).toString('base64')
    const before = this.#roots.get(key)
    if (before !== undefined && before !== text) this.#findings.add('checkpoint-fork', { subject: key, expected: before, found: text })
    this.#roots.set(key, text)
  }
}
