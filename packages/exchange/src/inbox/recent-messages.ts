/**
 * The bytes of what this process accepted a moment ago, by digest: the job that applies them comes right behind. Bounded; what is not
 * here is read from PostgreSQL, so nothing depends on it.
 */
export class RecentMessages {
  readonly #messages = new Map<string, string>()
  #bytes = 0
  readonly #maxBytes: number

  constructor(maxBytes = 8 * 1024 * 1024) {
    this.#maxBytes = maxBytes
  }

  add(digest: string, message: string): void {
    if (this.#messages.has(digest)) return
    this.#messages.set(digest, message)
    this.#bytes += message.length
    for (const [oldest, bytes] of this.#messages) {
      if (this.#bytes <= this.#maxBytes) return
      this.#messages.delete(oldest)
      this.#bytes -= bytes.length
    }
  }

  /** Takes out what is here of these: it is applied once. */
  take(digests: Iterable<string>): Map<string, string> {
    const taken = new Map<string, string>()
    for (const digest of digests) {
      const message = this.#messages.get(digest)
      if (message === undefined) continue
      taken.set(digest, message)
      this.#messages.delete(digest)
      this.#bytes -= message.length
    }
    return taken
  }
}
