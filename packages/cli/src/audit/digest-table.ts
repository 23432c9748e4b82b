/** Words of 32 bits in a key and in a check: SHA-256 values whole. */
const WORDS = 8
/** Rows come in blocks of this many, never copied: a column that doubles would be there twice while it does, and half empty after. */
const BLOCK_ROWS = 16_384

/** Columns of so many rows. */
function newBlock() {
  return {
    keys: new Uint32Array(WORDS * BLOCK_ROWS),
    checks: new Uint32Array(WORDS * BLOCK_ROWS),
    index: new Float64Array(BLOCK_ROWS),
    at: new Float64Array(BLOCK_ROWS),
    labels: new Uint16Array(BLOCK_ROWS),
    marks: new Uint8Array(BLOCK_ROWS),
  }
}

type Block = ReturnType<typeof newBlock>

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
  readonly #blocks: Block[] = []
  /** Row + 1; 0 is free. At least as many as four thirds of the rows, a power of two. */
  #buckets = new Int32Array(1024)

  get size(): number {
    return this.#size
  }

  /** The row, or undefined when the digest is there already. The digest is base64url of 32 bytes. */
  add(digest: string, { index, at, check, label = 0 }: Row): number | undefined {
    if (this.#size * 4 >= this.#buckets.length * 3) this.#widen()
    const bucket = this.#bucketOf(keyOf(digest))
    if (this.#buckets[bucket] !== 0) return undefined
    const row = this.#size++
    const place = row % BLOCK_ROWS
    if (place === 0) this.#blocks.push(newBlock())
    const block = this.#block(row)
    block.keys.set(KEY, place * WORDS)
    block.checks.set(checkOf(check), place * WORDS)
    block.index[place] = index
    block.at[place] = at
    block.labels[place] = label
    this.#buckets[bucket] = row + 1
    return row
  }

  find(digest: string): number | undefined {
    const row = (this.#buckets[this.#bucketOf(keyOf(digest))] as number) - 1
    return row < 0 ? undefined : row
  }

  agrees(row: number, check: Uint8Array): boolean {
    return isAt(this.#block(row).checks, row % BLOCK_ROWS, checkOf(check))
  }

  digest(row: number): string {
    return bytesAt(this.#block(row).keys, row % BLOCK_ROWS).toString('base64url')
  }

  check(row: number): Uint8Array {
    return bytesAt(this.#block(row).checks, row % BLOCK_ROWS)
  }

  index(row: number): number {
    return this.#block(row).index[row % BLOCK_ROWS] as number
  }

  at(row: number): number {
    return this.#block(row).at[row % BLOCK_ROWS] as number
  }

  label(row: number): number {
    return this.#block(row).labels[row % BLOCK_ROWS] as number
  }

  mark(row: number): number {
    return this.#block(row).marks[row % BLOCK_ROWS] as number
  }

  setMark(row: number, mark: number): void {
    this.#block(row).marks[row % BLOCK_ROWS] = mark
  }

  /** Rows in the order they came: that of the log. */
  *rows(): Generator<number> {
    for (let row = 0; row < this.#size; row++) yield row
  }

  #block(row: number): Block {
    return this.#blocks[Math.floor(row / BLOCK_ROWS)] as Block
  }

  /** The key's bucket, or the free one where it would go. Digests are spread evenly by themselves. */
  #bucketOf(key: Uint32Array): number {
    const mask = this.#buckets.length - 1
    for (let bucket = (key[0] as number) & mask; ; bucket = (bucket + 1) & mask) {
      const row = (this.#buckets[bucket] as number) - 1
      if (row < 0 || isAt(this.#block(row).keys, row % BLOCK_ROWS, key)) return bucket
    }
  }

  #widen(): void {
    this.#buckets = new Int32Array(this.#buckets.length * 2)
    for (let row = 0; row < this.#size; row++) {
      const place = (row % BLOCK_ROWS) * WORDS
      this.#buckets[this.#bucketOf(this.#block(row).keys.subarray(place, place + WORDS))] = row + 1
    }
  }
}

// One for all tables, written anew for each question: a million digests need not be a million buffers. Nothing here waits in between.
const KEY = new Uint32Array(WORDS)
const KEY_BYTES = Buffer.from(KEY.buffer)
const CHECK = new Uint32Array(WORDS)
const CHECK_BYTES = new Uint8Array(CHECK.buffer)

function keyOf(digest: string): Uint32Array {
  if (KEY_BYTES.write(digest, 'base64url') !== KEY_BYTES.length) throw new RangeError('a digest is 32 bytes')
  return KEY
}

function checkOf(check: Uint8Array): Uint32Array {
  CHECK_BYTES.set(check)
  return CHECK
}

function isAt(column: Uint32Array, place: number, words: Uint32Array): boolean {
  for (let n = 0; n < WORDS; n++) if (column[place * WORDS + n] !== words[n]) return false
  return true
}

function bytesAt(column: Uint32Array, place: number): Buffer {
  const words = column.slice(place * WORDS, (place + 1) * WORDS)
  return Buffer.from(words.buffer)
}
