/** So many requests in so many seconds. */
export interface Rate {
  readonly requests: number
  readonly seconds: number
}

/** What one caller has left. */
export interface Remaining {
  /** False: this one is too many. */
  readonly allowed: boolean
  readonly requests: number
  /** Whole seconds until all are there again, at least 1. */
  readonly seconds: number
}

interface Window {
  taken: number
  readonly endsMs: number
}

/** Callers counted at a time: a stranger who takes many names must not take the memory. */
const MAX_CALLERS = 10_000

/**
 * Requests of each caller in fixed windows, in the memory of this process: a region that runs several processes allows as many times
 * as much. A window begins with the caller's first request, so that callers do not all come back at once.
 */
export class Rates {
  readonly rate: Rate
  readonly #nowMs: () => number
  readonly #windows = new Map<string, Window>()

  /** `nowMs` only grows: not the clock that tests and operators set. */
  constructor(rate: Rate, nowMs: () => number = () => performance.now()) {
    this.rate = rate
    this.#nowMs = nowMs
  }

  /** Counts one request of the caller. */
  take(caller: string): Remaining {
    const window = this.#windowOf(caller)
    window.taken++
    return this.#remaining(window)
  }

  /** Whether one more would be allowed; counts nothing. */
  look(caller: string): Remaining {
    const window = this.#current(caller)
    return window === undefined
      ? { allowed: true, requests: this.rate.requests, seconds: 1 }
      : this.#remaining({ ...window, taken: window.taken + 1 })
  }

  #remaining({ taken, endsMs }: Window): Remaining {
    return {
      allowed: taken <= this.rate.requests,
      requests: Math.max(0, this.rate.requests - taken),
      seconds: Math.max(1, Math.ceil((endsMs - this.#nowMs()) / 1_000)),
    }
  }

  #current(caller: string): Window | undefined {
    const window = this.#windows.get(caller)
    return window === undefined || window.endsMs <= this.#nowMs() ? undefined : window
  }

  #windowOf(caller: string): Window {
    const current = this.#current(caller)
    if (current !== undefined) return current
    this.#windows.delete(caller)
    const [oldest] = this.#windows.keys()
    if (this.#windows.size >= MAX_CALLERS && oldest !== undefined) this.#windows.delete(oldest)
    const window = { taken: 0, endsMs: this.#nowMs() + this.rate.seconds * 1_000 }
    this.#windows.set(caller, window)
    return window
  }
}
