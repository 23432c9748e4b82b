/**
 * For a terminal: what is said of files comes from an export that nobody vouches for. No control characters, no line of its own that could
 * pass for a verdict, and nothing that turns the direction of reading.
 */
export function plainText(text: string): string {
  return text.replace(UNPRINTABLE, '�')
}

const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu
