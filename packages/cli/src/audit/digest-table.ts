/** Words of 32 bits in a key and in a check: SHA-256 values whole. */
const WORDS = 8
const FIRST_ROWS = 1024

/** What a row says besides its key. */
export interface Row {
  /** Index of the log entry. */
  readonly index: number
  /** When, epoch milliseconds. */
  readonly at: number
  /** 32 bytes: fingerprints of whatever else must agree. */
  readonly check: Uint8Array
  /** A small number of the caller's. */
  readonly label?: number
}

/** Digests of a whole log, to be found again. Typed arrays take 91 bytes a row where a Map of strings takes over 250: a million fit. */
export class DigestTable {
  #size = 0
  #keys = new Uint32Array(WORDS * FIRST_ROWS)
  #checks = new Uint32Array(WORDS * FIRST_ROWS)
  #index = new Float64Array(FIRST_ROWS)
  #at = new Float64Array(FIRST_ROWS)
  #labels = new Uint16Array(FIRST_ROWS)
  #marks = new Uint8Array(FIRST_ROWS)
  /** Row + 1; 0 is free. Twice as many as rows, a power of two. */
  #buckets = new Int32Array(2 * FIRST_ROWS)

  get size(): number {
    return this.#size
  }

  /** The row, or undefined when the digest is there already. The digest is base64url of 32 bytes. */
  add(digest: string, { index, at, check, label = 0 }: Row): number | undefined {
    if (this.#size === this.#index.length) this.#grow()
    const key = wordsOf(Buffer.from(digest, 'base64url'))
    const bucket = this.#bucketOf(key)
    if (this.#buckets[bucket] !== 0) return undefined
    const row = this.#size++
    this.#keys.set(key, row * WORDS)
    this.#checks.set(wordsOf(check), row * WORDS)
    this.#index[row] = index
    this.#at[row] = at
    this.#labels[row] = label
    this.#buckets[bucket] = row + 1
    return row
  }

  find(digest: string): number | undefined {
    const row = (this.#buckets[this.#bucketOf(wordsOf(Buffer.from(digest, 'base64url')))] as number) - 1
    return row < 0 ? undefined : row
  }

  agrees(row: number, check: Uint8Array): boolean {
    return wordsOf(check).every((word, n) => this.#checks[row * WORDS + n] === word)
  }

  digest(row: number): string {
    return bytesOf(this.#keys.subarray(row * WORDS, (row + 1) * WORDS)).toString('base64url')
  }

  check(row: number): Uint8Array {
    return bytesOf(this.#checks.subarray(row * WORDS, (row + 1) * WORDS))
  }

  index(row: number): number {
    return this.#index[row] as number
  }

  at(row: number): number {
    return this.#at[row] as number
  }

  label(row: number): number {
    return this.#labels[row] as number
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

  /** The key's bucket, or the free one where it would go. Digests are spread evenly by themselves. */
  #bucketOf(key: Uint32Array): number {
    const mask = this.#buckets.length - 1
    for (let bucket = (key[0] as number) & mask; ; bucket = (bucket + 1) & mask) {
      const row = (this.#buckets[bucket] as number) - 1
      if (row < 0 || key.every((word, n) => this.#keys[row * WORDS + n] === word)) return bucket
    }
  }

  /** Column by column, so that only one of them is there twice at a time. */
  #grow(): void {
    const rows = this.#index.length * 2
    this.#keys = copied(this.#keys, new Uint32Array(WORDS * rows))
    this.#checks = copied(this.#checks, new Uint32Array(WORDS * rows))
    this.#index = copied(this.#index, new Float64Array(rows))
    this.#at = copied(this.#at, new Float64Array(rows))
    this.#labels = copied(this.#labels, new Uint16Array(rows))
    this.#marks = copied(this.#marks, new Uint8Array(rows))
    this.#buckets = new Int32Array(rows * 2)
    for (let row = 0; row < this.#size; row++) {
      this.#buckets[this.#bucketOf(this.#keys.subarray(row * WORDS, (row + 1) * WORDS))] = row + 1
    }
  }
}

function copied<Column extends Uint8Array | Uint16Array | Uint32Array | Float64Array>(from: Column, to: Column): Column {
  to.set(from)
  return to
}

function wordsOf(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const words = new Uint32Array(WORDS)
  for (let n = 0; n < WORDS; n++) words[n] = view.getUint32(n * 4)
  return words
}

function bytesOf(words: Uint32Array): Buffer {
  const bytes = Buffer.alloc(WORDS * 4)
  words.forEach((word, n) => {
    bytes.writeUInt32BE(word, n * 4)
  })
  return bytes
}
