import { TranslogError } from './translog-error.ts'

// Sizes and indexes are safe integers. Arithmetic instead of shifts: a log may grow beyond 2^31 entries.

export function isOdd(value: number): boolean {
  return value % 2 === 1
}

export function half(value: number): number {
  return Math.floor(value / 2)
}

/** The largest power of two smaller than `size` (RFC 6962 section 2.1, `k`); `size` is at least 2. */
export function powerBelow(size: number): number {
  // Not by logarithm: Math.log2(2 ** 53 - 1) rounds to 53.
  let power = 1
  while (power * 2 < size) power *= 2
  return power
}

export function isPowerOfTwo(size: number): boolean {
  let power = 1
  while (power < size) power *= 2
  return power === size
}

/** How many perfect subtrees make up a tree of this size: one per one-bit. */
export function countOnes(size: number): number {
  let ones = 0
  for (let rest = size; rest > 0; rest = half(rest)) if (isOdd(rest)) ones++
  return ones
}

export function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

/** Throws TranslogError `range` unless all are whole numbers from 0 to 2^53 − 1. */
export function assertSizes(...values: readonly number[]): void {
  for (const value of values) if (!isSize(value)) throw new TranslogError('range', `not a size or index: ${value}`)
}

const DECIMAL = /^(?:0|[1-9][0-9]{0,15})$/

/** A size or index as written in checkpoints, proofs and requests: decimal, no sign, no leading zero, at most 2^53 − 1. */
export function parseDecimal(text: string): number | undefined {
  if (!DECIMAL.test(text)) return undefined
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : undefined
}
