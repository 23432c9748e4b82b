import { randomUUID } from 'node:crypto'
import type { Language, Text } from '../language.ts'
import { baseOf, UnreachableError } from './request-token.ts'

/** A refusal in the node's own words. */
export class ApiError extends Error {
  readonly text: Text
  constructor(text: Text) {
    super(text.en)
    this.name = 'ApiError'
    this.text = text
  }
}

export interface ApiAnswer {
  readonly body: Record<string, unknown>
  /** Quoted, as it is sent back in If-Match. */
  readonly etag: string | null
  /** Path of the next page of a list. */
  readonly next: string | null
}

export interface LocalApi {
  call(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<ApiAnswer>
}

/** The local API for one token. Throws ApiError for every answer that is not a success, UnreachableError where there is none; no error holds the token. */
export function localApi(api: string, token: string, language: Language): LocalApi {
  return {
    async call(method, path, body, headers = {}) {
      const answer = await fetch(`${baseOf(api)}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(language === 'both' ? {} : { 'accept-language': language }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(method === 'POST' ? { 'idempotency-key': randomUUID() } : {}),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        redirect: 'error',
        signal: AbortSignal.timeout(30_000),
      }).catch(() => {
        throw new UnreachableError(api)
      })
      const json = (await answer.json().catch(() => ({}))) as Record<string, unknown>
      if (!answer.ok) throw new ApiError(refusalOf(answer.status, json))
      const [, next = null] = /<(\/[^>]*)>;\s*rel="next"/.exec(answer.headers.get('link') ?? '') ?? []
      return { body: json, etag: answer.headers.get('etag'), next }
    },
  }
}

/** The node answers in the language it was asked in: its words stand in both members. */
function refusalOf(status: number, { code, title, detail, errors }: Record<string, unknown>): Text {
  const fields = Array.isArray(errors) ? errors.map(({ pointer, detail: why }) => `\n  ${pointer}: ${why}`).join('') : ''
  const words = `${status} ${code ?? ''}: ${detail ?? title ?? ''}${fields}`
  return { zh: words, en: words }
}
