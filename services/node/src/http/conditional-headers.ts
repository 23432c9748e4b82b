import { createHash } from 'node:crypto'
import { HefuError } from '@hefu/exchange'
import type { FastifyRequest } from 'fastify'

/** 1 to 255 visible ASCII characters; throws `idempotency-key-missing` otherwise. */
export function readIdempotencyKey(request: FastifyRequest): string {
  const key = request.headers['idempotency-key']
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) throw new HefuError('idempotency-key-missing')
  return key
}

/**
 * The tag inside the quotes of If-Match. `*`, weak tags and lists do not say which state of the case the caller has seen:
 * they match nothing.
 */
export function readIfMatch(request: FastifyRequest): string {
  const header = request.headers['if-match']
  if (header === undefined || header.trim() === '') throw new HefuError('if-match-missing')
  const [, tag] = /^\s*"([\x21\x23-\x7e]{1,200})"\s*$/.exec(header) ?? []
  if (tag === undefined) throw new HefuError('if-match-failed')
  return tag
}

/** What must be equal when an Idempotency-Key comes again. Lengths keep one part from running into the next. */
export function fingerprintOf(request: FastifyRequest, rawBody: Buffer): string {
  const parts = [request.method, request.url, request.headers['if-match'] ?? '']
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:${part}`)
  return hash.update(rawBody).digest('base64url')
}
