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

/** Over 32 bytes that are in memory (protocol's loadSecret). */
export function secretKeyWrapper(secret: Uint8Array): KeyWrapper {
  const key = createSecretKey(secret)
  return {
    wrap: async (bytes, context) => sealBytes(key, context, bytes),
    unwrap: async (bytes, context) => openBytes(key, context, bytes),
  }
}
