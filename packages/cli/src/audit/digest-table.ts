const WORDS = 4

/** What a row says besides its key. */
export interface Row {
  /** Index of the log entry. */
  readonly index: number
  /** When, epoch milliseconds. */
  readonly at: number
  /** Fingerprint of whatever else must agree (`fingerprint`). */
  readonly check: Uint8Array
}

/**
 * Digests of a whole log, to be found again: typed arrays take 45 bytes a row where a Map of strings takes over 200, so a million fit.
 * Keys and checks are the first 128 bits of SHA-256 values: to make two that agree, or one like a given one, is as good as impossible for
 * a tamperer (2^64 and 2^128 tries), and what agrees is compared with nothing secret.
 */
export class DigestTable {
  #size = 0
  #keys = new Uint32Array(WORDS * 1024)
  #checks = new Uint32Array(WORDS * 1024)
  #index = new Float64Array(1024)
  #at = new Float64Array(1024)
  #marks = new Uint8Array(1024)
  /** Row + 1; 0 is free. */
  #buckets = new Int32Array(2048)

  get size(): number {
    return this.#size
  }

  /** The row, or undefined when the key is there already. */
  add(digest: string, { index, at, check }: Row): number | undefined {
    if (this.#size === this.#index.length) this.#grow()
    const key = wordsOf(Buffer.from(digest, 'base64url'))
    const bucket = this.#find(key)
    if (this.#buckets[bucket] !== 0) return undefined
    const row = this.#size++
    this.#keys.set(key, row * WORDS)
    this.#checks.set(wordsOf(check), row * WORDS)
    this.#index[row] = index
    this.#at[row] = at
    this.#buckets[bucket] = row + 1
    return row
  }

  find(digest: string): number | undefined {
    const row = (this.#buckets[this.#find(wordsOf(Buffer.from(digest, 'base64url')))] as number) - 1
    return row < 0 ? undefined : row
  }

  agrees(row: number, check: Uint8Array): boolean {
    return wordsOf(check).every((word, n) => this.#checks[row * WORDS + n] === word)
  }

  index(row: number): number {
    return this.#index[row] as number
  }

  at(row: number): number {
    return this.#at[row] as number
  }

  mark(row: number): number {
    return this.#marks[row] as number
  }

  setMark(row: number, mark: number): void {
    this.#marks[row] = mark
  }

  /** Rows in the order they came: that of the log. */
  *rows(): Generator<number> {
    for (let row = 0; row < this.#size; row++) yield row
  }

  /** The key's bucket, or the free one where it would go. */
  #find(key: Uint32Array): number {
    const mask = this.#buckets.length - 1
    for (let bucket = (key[0] as number) & mask; ; bucket = (bucket + 1) & mask) {
      const row = (this.#buckets[bucket] as number) - 1
      if (row < 0 || key.every((word, n) => this.#keys[row * WORDS + n] === word)) return bucket
    }
  }

  #grow(): void {
    const length = this.#index.length * 2
    this.#keys = copy(this.#keys, new Uint32Array(WORDS * length))
    this.#checks = copy(this.#checks, new Uint32Array(WORDS * length))
    this.#index = copy(this.#index, new Float64Array(length))
    this.#at = copy(this.#at, new Float64Array(length))
    this.#marks = copy(this.#marks, new Uint8Array(length))
    this.#buckets = new Int32Array(length * 2)
    for (let row = 0; row < this.#size; row++) {
      this.#buckets[this.#find(this.#keys.subarray(row * WORDS, (row + 1) * WORDS))] = row + 1
    }
  }
}

function copy<T extends Uint8Array | Uint32Array | Float64Array>(from: T, to: T): T {
  to.set(from)
  return to
}

function wordsOf(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const words = new Uint32Array(WORDS)
  for (let n = 0; n < WORDS; n++) words[n] = n * 4 + 4 <= bytes.length ? view.getUint32(n * 4) : 0
  return words
}
