import { MAX_BODY_BYTES, MAX_MESSAGE_BYTES, MAX_MESSAGES, MESSAGE_CONTENT_TYPE, MESSAGES_CONTENT_TYPE } from './constants.ts'

/** Content type: 415. Sizes and count: 413. Empty: 400. */
export type InboxBodyCode = 'content-type' | 'empty' | 'body-size' | 'message-size' | 'message-count'

export type InboxBody = { readonly ok: true; readonly tokens: readonly string[] } | { readonly ok: false; readonly code: InboxBodyCode }

/**
 * Splits the body of `POST inbox` into the texts of its messages (protocol.md section 1): one, or one per LF-ended line (the last LF
 * may be missing). Nothing is judged here but sizes: a CR, a space or an empty line stays in its text, which the strict text check
 * then refuses for that message alone.
 */
export function splitInboxBody(contentType: string | undefined, bytes: Uint8Array): InboxBody {
  const mediaType = contentType?.trim().toLowerCase()
  if (mediaType !== MESSAGE_CONTENT_TYPE && mediaType !== MESSAGES_CONTENT_TYPE) return { ok: false, code: 'content-type' }
  if (bytes.length === 0) return { ok: false, code: 'empty' }
  if (bytes.length > MAX_BODY_BYTES) return { ok: false, code: 'body-size' }
  // Latin-1 keeps one character per byte; what is not ASCII cannot pass the text check.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  const tokens = mediaType === MESSAGE_CONTENT_TYPE ? [text] : splitLines(text)
  if (tokens.length > MAX_MESSAGES) return { ok: false, code: 'message-count' }
  if (tokens.some((token) => token.length > MAX_MESSAGE_BYTES)) return { ok: false, code: 'message-size' }
  return { ok: true, tokens }
}

/** The body of many messages, for the sender. */
export function joinMessages(tokens: readonly string[]): string {
  return tokens.map((token) => `${token}\n`).join('')
}

function splitLines(text: string): string[] {
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n')
}
