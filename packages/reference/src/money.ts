import { accept, type Parsed, refuse } from './parsed.ts'

export type MoneyError = 'not-text' | 'format'

/** A share of an amount, in millionths: `0.12` is 120000n. */
export type Rate = bigint & { readonly __rate: true }

const yuanPattern = /^(-?)(0|[1-9]\d{0,11})\.(\d{2})$/
const ratePattern = /^(0|1)(?:\.(\d{1,6}))?$/
const millionths = 1_000_000n

/**
 * Decimal text in yuan with exactly two places, an optional minus, at most twelve digits before the point, no leading zeros, no `-0.00`:
 * one text per amount, so that equal amounts are equal bytes in signed documents. Returns fen.
 */
export function parseYuan(value: unknown): Parsed<bigint, MoneyError> {
  if (typeof value !== 'string') return refuse('not-text')
  const match = yuanPattern.exec(value)
  if (match === null) return refuse('format')
  const fen = BigInt(`${match[2]}${match[3]}`)
  if (match[1] === '-') return fen === 0n ? refuse('format') : accept(-fen)
  return accept(fen)
}

/** The text that `parseYuan` reads back as the same fen (within its twelve digits). */
export function formatYuan(fen: bigint): string {
  const digits = (fen < 0n ? -fen : fen).toString().padStart(3, '0')
  return `${fen < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}

/** A rate as decimal text from `0` to `1` with at most six places, e.g. `0.12`, `0.08`. */
export function parseRate(value: unknown): Parsed<Rate, 'not-text' | 'format' | 'range'> {
  if (typeof value !== 'string') return refuse('not-text')
  const match = ratePattern.exec(value)
  if (match === null) return refuse('format')
  const rate = BigInt(match[1] as string) * millionths + BigInt((match[2] ?? '').padEnd(6, '0'))
  return rate > millionths ? refuse('range') : accept(rate as Rate)
}

/**
 * fen × rate × months, rounded once, half up (halves away from zero), in exact arithmetic.
 * Throws RangeError when `months` is not a whole number.
 */
export function multiplyRateHalfUp(fen: bigint, rate: Rate, months: number): bigint {
  if (!Number.isSafeInteger(months)) throw new RangeError('months must be a whole number')
  const product = fen * rate * BigInt(months)
  const magnitude = product < 0n ? -product : product
  const rounded = (2n * magnitude + millionths) / (2n * millionths)
  return product < 0n ? -rounded : rounded
}
