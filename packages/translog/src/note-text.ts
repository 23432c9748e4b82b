import { type Parsed, refused } from './parsed.ts'

/** `size`: longer than allowed; `utf8`: not valid UTF-8, or a lone surrogate; `control`: a control character other than newline. */
export type TextCode = 'size' | 'utf8' | 'control'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const CONTROL_CHARACTER = /[^\P{Cc}\n]/u
const CONTROL_CHARACTER_BUT_TAB = /[^\P{Cc}\n\t]/u

/**
 * Text of the C2SP line formats, from bytes of an attacker: valid UTF-8, no control characters but newline (so no CR, which would make
 * one line look like two to some readers). Stricter than C2SP signed-note by U+007F to U+009F.
 */
export function readText(input: string | Uint8Array, maxBytes: number, { tabs = false } = {}): Parsed<string, TextCode> {
  // A string has at least as many bytes in UTF-8 as characters: what is too long is not even measured.
  if (input.length > maxBytes) return refused('size')
  let text: string
  if (typeof input === 'string') {
    if (Buffer.byteLength(input) > maxBytes) return refused('size')
    if (!input.isWellFormed()) return refused('utf8')
    text = input
  } else {
    try {
      text = utf8.decode(input)
    } catch {
      return refused('utf8')
    }
  }
  return (tabs ? CONTROL_CHARACTER_BUT_TAB : CONTROL_CHARACTER).test(text) ? refused('control') : { ok: true, value: text }
}

/** Key names and origins: longest in bytes of UTF-8. */
export const MAX_NAME_BYTES = 255

const KEY_NAME = /^[^\s\p{Cc}+]+$/u

/** A key name of C2SP signed-note: not empty, no Unicode spaces, no plus; here also no control characters and at most 255 bytes. */
export function isKeyName(name: string): boolean {
  return name.length <= MAX_NAME_BYTES && name.isWellFormed() && KEY_NAME.test(name) && Buffer.byteLength(name) <= MAX_NAME_BYTES
}
