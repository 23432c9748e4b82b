import { HefuError, jsonFieldError } from '@hefu/exchange'
import { parseStrictJson } from '@hefu/protocol'
import type { FastifyInstance, FastifyRequest } from 'fastify'

const rawBodies = new WeakMap<FastifyRequest, Buffer>()
const empty = Buffer.alloc(0)

/** The bytes of the body as received; empty where there was none. */
export function rawBodyOf(request: FastifyRequest): Buffer {
  return rawBodies.get(request) ?? empty
}

/**
 * Replaces Fastify's parsers: its JSON parser keeps the last of duplicate members and repairs bad UTF-8, and what is signed
 * must be what was sent. An empty body stays undefined, so that calls without a body may carry a content type.
 */
export function readJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) => {
    rawBodies.set(request, body)
    if (body.length === 0) return undefined
    const json = parseStrictJson(body)
    if (!json.ok) throw new HefuError('malformed-json', { errors: [jsonFieldError(json.code)] })
    return json.value
  })
}

/** Hands the bytes of these media types to the handler as they are. */
export function readRawBodies(app: FastifyInstance, types: readonly string[]): void {
  app.addContentTypeParser(
    types.includes('*/*') ? '*' : [...types],
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => {
      rawBodies.set(request, body)
      return body
    },
  )
}

/** Nothing is decompressed: a small body must not become a large one. */
export async function refuseEncodings(request: FastifyRequest): Promise<void> {
  if (request.headers['content-encoding'] !== undefined) throw new HefuError('media-type')
}
