/** Failures in one client's name from one address within a minute after which each further one is told to wait. */
export const PER_CLIENT = 30
/** Failures of one address within a minute after which nothing from there is looked at. */
export const PER_ADDRESS = 3_000
/** Failures of all within a minute that an operator is told of. */
export const ALERT_FROM = 100

const WINDOW_MS = 60_000
/** Of names and addresses that strangers choose. Beyond, those are forgotten that have not failed since as many others did. */
const MAX_KNOWN = 5_000

interface Window {
  readonly endsMs: number
  failures: number
}

export interface Failure {
  /** Milliseconds to wait before the next attempt; 0: none. */
  readonly waitMs: number
  /** The failures of all have just become many. */
  readonly areMany: boolean
}

export interface Attempts {
  /** Milliseconds until anything from this address is looked at; 0: now. */
  floodMs(address: string, nowMs: number): number
  failed(client: string, address: string, nowMs: number): Failure
}

/**
 * Counts failed attempts at a token, per process and in bounded memory. Whoever has the key is heard however many others have failed in the
 * client's name: a name is no secret, and guessing at it must not shut its owner out. Only an address that floods is not heard at all.
 */
export function countAttempts(): Attempts {
  let windows = new Map<string, Window>()
  let before = new Map<string, Window>()
  const windowOf = (key: string, nowMs: number): Window | undefined => {
    const window = windows.get(key) ?? before.get(key)
    return window !== undefined && window.endsMs > nowMs && window.endsMs <= nowMs + WINDOW_MS ? window : undefined
  }
  const count = (key: string, nowMs: number): number => {
    const window = windowOf(key, nowMs) ?? { endsMs: nowMs + WINDOW_MS, failures: 0 }
    window.failures += 1
    windows.set(key, window)
    if (windows.size > MAX_KNOWN) [before, windows] = [windows, new Map()]
    return window.failures
  }
  return {
    floodMs(address, nowMs) {
      const window = windowOf(address, nowMs)
      return window === undefined || window.failures < PER_ADDRESS ? 0 : window.endsMs - nowMs
    },
    failed(client, address, nowMs) {
      const name = `${address} ${client}`
      const ofName = count(name, nowMs)
      count(address, nowMs)
      const waitMs = ofName <= PER_CLIENT ? 0 : (windowOf(name, nowMs)?.endsMs ?? nowMs) - nowMs
      return { waitMs, areMany: count('', nowMs) === ALERT_FROM }
    },
  }
}
