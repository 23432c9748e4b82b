/** UUIDv7 in its one lower-case text (RFC 9562 section 5.7): it is part of signed leaves, so a second spelling must not exist. */
export const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/**
 * A UUIDv7 of a time (epoch milliseconds) and ten random bytes. Clock and randomness come from the caller.
 * Throws RangeError when either does not fit.
 */
export function uuidV7(timeMs: number, random: Uint8Array): string {
  if (!Number.isSafeInteger(timeMs) || timeMs < 0 || timeMs >= 2 ** 48) throw new RangeError('a UUIDv7 holds 48 bits of milliseconds')
  if (random.length !== 10) throw new RangeError('a UUIDv7 takes ten random bytes')
  const bytes = Buffer.alloc(16)
  bytes.writeUIntBE(timeMs, 0, 6)
  bytes.set(random, 6)
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x70
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** Its time in epoch milliseconds. */
export function uuidV7TimeMs(uuid: string): number {
  return Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16)
}
