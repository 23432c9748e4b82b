/**
 * How long to wait after the n-th failed attempt (n from 1), in milliseconds: doubling from half a second to ten minutes, the
 * upper half of it random, so that senders that failed together do not return together. `random` in [0, 1).
 */
export function retryDelayMs(attempt: number, random: number): number {
  const ceiling = Math.min(500 * 2 ** Math.min(attempt - 1, 20), 600_000)
  return Math.round(ceiling / 2 + (ceiling / 2) * random)
}

/** How long a peer's circuit stays open after the n-th failure in a row: short, because one probe costs nothing and a return is to be noticed within seconds. */
export function circuitOpenMs(failures: number, random: number): number {
  const ceiling = Math.min(500 * 2 ** Math.min(failures - circuitThreshold, 20), 4_000)
  return Math.round(ceiling / 2 + (ceiling / 2) * random)
}

/** So many failures in a row open the circuit. */
export const circuitThreshold = 3

/** `Retry-After` in seconds or as a date (RFC 9110 section 10.2.3), capped at an hour; null when absent or unreadable. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | null {
  if (header === undefined) return null
  // A date begins with the name of its day; Date.parse alone would find a year in almost anything.
  const seconds = /^\d{1,9}$/.test(header) ? Number(header) : /^[A-Z][a-z]/.test(header) ? (Date.parse(header) - nowMs) / 1000 : Number.NaN
  return Number.isNaN(seconds) ? null : Math.min(Math.max(seconds, 0) * 1000, 3_600_000)
}
