import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { cpus, totalmem } from 'node:os'

export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly [more: string]: unknown
}

/** What a figure must be read with. */
export function machine() {
  return {
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    ed25519PerSecond: verificationsPerSecond(),
  }
}

/**
 * Ed25519 verifications a second on one core, now: a virtual machine that shares its processors is at times half as fast as at others,
 * and figures of two times are compared by this one.
 */
function verificationsPerSecond(): number {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const bytes = Buffer.alloc(1_024)
  const signature = sign(null, bytes, privateKey)
  const count = 2_000
  const startedMs = performance.now()
  for (let n = 0; n < count; n++) verify(null, bytes, publicKey, signature)
  return Math.round(count / ((performance.now() - startedMs) / 1_000))
}

/** The value below which `share` of the sorted values lie (nearest rank). */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}

export function round(value: number, digits = 1): number {
  return Number(value.toFixed(digits))
}
