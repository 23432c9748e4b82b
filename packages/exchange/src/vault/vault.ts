import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { HefuError } from '../errors.ts'
import { openBytes, sealBytes } from './aead.ts'
import type { Epoch } from './epoch-files.ts'
import { packMessage, unpackMessage } from './pack-message.ts'

/** A data key as its row holds it, and whose it is; null where it was destroyed. */
export interface StoredKey {
  /** Table and row, for example `cases/510100-VN-…`. */
  readonly owner: string
  readonly wrapped: string | null
}

/** Where a sealed value stands: it opens nowhere else. */
export type Where = readonly [table: string, row: string, column: string]

const CACHED_KEYS = 4_096

/**
 * Seals what lies in the database (ADR 0020): values under the data key of their case or record, data keys under the key of an epoch. All of it in
 * memory and without waiting, so that it costs no round trip. Sealed values and wrapped keys are text.
 */
export class Vault {
  readonly #now: () => number
  #epochs: ReadonlyMap<number, Epoch>
  readonly #indexKey: KeyObject
  /** By owner and wrapped key, so that a key that was wrapped anew or destroyed is never found by its row again. */
  readonly #keys = new Map<string, KeyObject>()

  constructor(epochs: readonly Epoch[], wrappedIndexKey: string, now: () => number) {
    this.#now = now
    this.#epochs = byNumber(epochs)
    this.#indexKey = createSecretKey(this.#unwrap({ owner: INDEX_KEY, wrapped: wrappedIndexKey }))
  }

  /** Another key for another case or record, wrapped. */
  newKey(owner: string): string {
    const key = randomBytes(32)
    const wrapped = this.#wrap(owner, key)
    this.#remember(owner, wrapped, createSecretKey(key))
    return wrapped
  }

  seal(key: StoredKey, where: Where, plain: string): string {
    return this.#seal(key, where, Buffer.from(plain))
  }

  /** Throws HefuError `erased` where the key was destroyed, `unreadable` where the value is not what was sealed here. */
  open(key: StoredKey, where: Where, sealed: string): string {
    return this.#open(key, where, sealed).toString()
  }

  sealMessage(key: StoredKey, where: Where, message: string): string {
    return this.#seal(key, where, packMessage(message))
  }

  /** The exact text. Throws as `open` does. */
  openMessage(key: StoredKey, where: Where, sealed: string): string {
    return unpackMessage(this.#open(key, where, sealed))
  }

  /**
   * How an identifier is found without being stored: HMAC-SHA-256 over kind NUL value, base64url, 43 characters. The only place that computes
   * it. Without the key nobody can try out identity numbers against the database.
   */
  lookupKey(kind: string, value: string): string {
    return createHmac('sha256', this.#indexKey).update(`${kind}\0${value}`).digest('base64url')
  }

  /** The same key wrapped under the newest epoch; undefined where it is already. */
  rewrap(key: StoredKey & { readonly wrapped: string }): string | undefined {
    if (epochOf(key.wrapped) === this.currentEpoch()) return undefined
    return this.#wrap(key.owner, this.#unwrap(key))
  }

  /** Under which new keys are wrapped: the latest that has begun. */
  currentEpoch(): number {
    const nowMs = this.#now()
    let current: Epoch | undefined
    for (const epoch of this.#epochs.values()) if (epoch.from <= nowMs || current === undefined) current = epoch
    if (current === undefined) throw unreadable()
    return current.epoch
  }

  epochs(): readonly Pick<Epoch, 'epoch' | 'from'>[] {
    return [...this.#epochs.values()].map(({ epoch, from }) => ({ epoch, from }))
  }

  /** What the folder holds now. Keys in memory that an epoch gave are forgotten with it. */
  useEpochs(epochs: readonly Epoch[]): void {
    this.#epochs = byNumber(epochs)
    this.forgetKeys()
  }

  /** After an erasure: what was destroyed on disk must not live on in memory. */
  forgetKeys(): void {
    this.#keys.clear()
  }

  #seal(key: StoredKey, where: Where, plain: Uint8Array): string {
    return sealBytes(this.#dataKey(key), where.join('/'), plain).toString('base64url')
  }

  #open(key: StoredKey, where: Where, sealed: string): Buffer {
    const dataKey = this.#dataKey(key)
    try {
      return openBytes(dataKey, where.join('/'), Buffer.from(sealed, 'base64url'))
    } catch (cause) {
      throw unreadable(cause)
    }
  }

  #dataKey(key: StoredKey): KeyObject {
    if (key.wrapped === null) throw new HefuError('erased')
    const cached = this.#keys.get(`${key.owner} ${key.wrapped}`)
    if (cached !== undefined) return cached
    const dataKey = createSecretKey(this.#unwrap(key))
    this.#remember(key.owner, key.wrapped, dataKey)
    return dataKey
  }

  #remember(owner: string, wrapped: string, key: KeyObject): void {
    if (this.#keys.size >= CACHED_KEYS) for (const oldest of this.#keys.keys()) if (this.#keys.delete(oldest)) break
    this.#keys.set(`${owner} ${wrapped}`, key)
  }

  #wrap(owner: string, key: Uint8Array): string {
    const epoch = this.#epochs.get(this.currentEpoch())
    if (epoch === undefined) throw unreadable()
    return `e${epoch.epoch}.${sealBytes(epoch.key, keyContext(owner), key).toString('base64url')}`
  }

  #unwrap({ owner, wrapped }: StoredKey): Buffer {
    const epoch = this.#epochs.get(epochOf(wrapped ?? ''))
    if (epoch === undefined) throw unreadable()
    try {
      return openBytes(epoch.key, keyContext(owner), Buffer.from((wrapped ?? '').slice(`e${epoch.epoch}.`.length), 'base64url'))
    } catch (cause) {
      throw unreadable(cause)
    }
  }
}

/** Name of the key of the blind index among the keys of the vault itself. */
export const INDEX_KEY = 'vault_keys/lookup'

/** The epoch that wrapped this key; NaN for what is no wrapped key. */
export function epochOf(wrapped: string): number {
  return Number(/^e(\d{1,6})\./.exec(wrapped)?.[1] ?? Number.NaN)
}

const keyContext = (owner: string) => `data-key/${owner}`

function byNumber(epochs: readonly Epoch[]): ReadonlyMap<number, Epoch> {
  return new Map(epochs.toSorted((a, b) => a.epoch - b.epoch).map((epoch) => [epoch.epoch, epoch]))
}

function unreadable(cause?: unknown): HefuError {
  return new HefuError('unreadable', { cause })
}
