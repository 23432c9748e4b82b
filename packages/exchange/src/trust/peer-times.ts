/** Between two looks at a peer's manifest, in real time: nothing known of it yet, and at most; unknown keys came; nothing else happens. */
const FIRST_MS = 200
const MAX_FAILED_MS = 60_000
const MISSES_MS = 60_000
const REFRESH_MS = 600_000
/** By the node's own clock: longer than that nobody believes what he knew. */
const REFRESH_CLOCK_MS = 3_600_000

interface Times {
  atMs: number
  clockMs: number
  misses: number
  failures: number
}

interface Now {
  /** Of texts under unknown keys, all that came so far. */
  readonly misses: number
  /** The node's clock. */
  readonly nowMs: number
}

/**
 * When to ask which peer for its keys. Failures are remembered too, and unknown keys, which anybody can make up, bring one question a
 * minute at most: strangers must not be able to make this node call its peers.
 */
export class PeerTimes {
  readonly #times = new Map<string, Times>()
  /** Milliseconds that only go forward, whatever the node's clock does. */
  readonly #elapsedMs: () => number

  constructor(elapsedMs: () => number = () => performance.now()) {
    this.#elapsedMs = elapsedMs
  }

  isDue(peer: string, { isKnown, misses, nowMs }: Now & { readonly isKnown: boolean }): boolean {
    const times = this.#times.get(peer)
    if (times === undefined) return true
    const sinceMs = this.#elapsedMs() - times.atMs
    if (times.failures > 0 || !isKnown) return sinceMs >= Math.min(MAX_FAILED_MS, FIRST_MS * 2 ** (times.failures - 1))
    if (misses > times.misses && sinceMs >= MISSES_MS) return true
    return sinceMs >= REFRESH_MS || Math.abs(nowMs - times.clockMs) >= REFRESH_CLOCK_MS
  }

  asked(peer: string, { misses, nowMs }: Now): void {
    const failures = this.#times.get(peer)?.failures ?? 0
    this.#times.set(peer, { atMs: this.#elapsedMs(), clockMs: nowMs, misses, failures })
  }

  answered(peer: string, ok: boolean): void {
    const times = this.#times.get(peer)
    if (times !== undefined) times.failures = ok ? 0 : times.failures + 1
  }
}
