import { createSecretKey } from 'node:crypto'
import { openBytes, sealBytes } from './aead.ts'

/**
 * What the key-encryption key can do: it never leaves its place. A file, or a key-management service that has the same two operations.
 * `context` binds the wrapped bytes to what they are for.
 */
export interface KeyWrapper {
  wrap(key: Uint8Array, context: string): Promise<Uint8Array>
  /** Throws when the bytes were not wrapped by this key for this context. */
  unwrap(wrapped: Uint8Array, context: string): Promise<Uint8Array>
}

/** Over 32 bytes that are in memory (protocol's loadSecret). What `other` wrapped is opened as well: while one key takes the place of another. */
export function secretKeyWrapper(secret: Uint8Array, other?: Uint8Array): KeyWrapper {
  const key = createSecretKey(secret)
  const otherKey = other && createSecretKey(other)
  return {
    wrap: async (bytes, context) => sealBytes(key, context, bytes),
    async unwrap(bytes, context) {
      if (otherKey === undefined) return openBytes(key, context, bytes)
      try {
        return openBytes(key, context, bytes)
      } catch {
        return openBytes(otherKey, context, bytes)
      }
    },
  }
}
