export type StrictJsonCode = 'utf8' | 'syntax' | 'duplicate-member' | 'depth' | 'nul' | 'surrogate' | 'number'
export type StrictJsonResult = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly code: StrictJsonCode }

/** Deepest nesting of objects and arrays. */
export const MAX_DEPTH = 32

/**
 * Parses JSON from outside (protocol.md section 1, "Strict JSON"). What JSON.parse would repair or lose in silence is refused:
 * bad UTF-8, a byte order mark, duplicate members, U+0000, lone surrogates, depth over 32, integers beyond 2^53.
 * Two readers of one signed text must never see two documents.
 *
 * A member called `__proto__` becomes an own property, as in JSON.parse, and never touches a prototype.
 */
export function parseStrictJson(bytes: Uint8Array): StrictJsonResult {
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch {
    return { ok: false, code: 'utf8' }
  }
  const canonical = readCanonical(text)
  if (canonical !== undefined) return { ok: true, value: canonical }
  try {
    const reader: Reader = { text, at: 0 }
    skipSpace(reader)
    const value = readValue(reader, 0)
    skipSpace(reader)
    return reader.at === text.length ? { ok: true, value } : { ok: false, code: 'syntax' }
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, code: error.code }
    throw error
  }
}

/**
 * The value, where the platform's parser, ten times as quick, cannot have repaired or lost anything: written again, the value is the same
 * text to the character, so no member came twice and no number was rounded; and there is no escape in it that could write half a pair
 * or U+0000. Undefined says nothing: the reader below decides.
 */
function readCanonical(text: string): unknown {
  if (text.includes('\\')) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isWithinLimits(value, 0) && JSON.stringify(value) === text ? value : undefined
  } catch {
    return undefined
  }
}

/** Depth and integers, as the reader below limits them. Asked before anything recurses over the value. */
function isWithinLimits(value: unknown, depth: number): boolean {
  if (typeof value === 'number') return !Number.isInteger(value) || Number.isSafeInteger(value)
  if (typeof value !== 'object' || value === null) return true
  return depth < MAX_DEPTH && Object.values(value).every((member) => isWithinLimits(member, depth + 1))
}

// `ignoreBOM: true` keeps the mark in the text, where the grammar then refuses it.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

interface Reader {
  readonly text: string
  at: number
}

/** Unwinds the recursive descent. Carries no stack trace: hostile input must not cost more than good input. */
class Refusal {
  readonly code: StrictJsonCode
  constructor(code: StrictJsonCode) {
    this.code = code
  }
}

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_ARRAY = 0x5b
const BACKSLASH = 0x5c
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

function skipSpace(reader: Reader): void {
  for (;;) {
    const code = reader.text.charCodeAt(reader.at)
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
    reader.at++
  }
}

function readValue(reader: Reader, depth: number): unknown {
  switch (reader.text.charCodeAt(reader.at)) {
    case QUOTE:
      return readString(reader)
    case OPEN_OBJECT:
      return readObject(reader, depth + 1)
    case OPEN_ARRAY:
      return readArray(reader, depth + 1)
    case 0x74: // t
      return readWord(reader, 'true', true)
    case 0x66: // f
      return readWord(reader, 'false', false)
    case 0x6e: // n
      return readWord(reader, 'null', null)
    default:
      return readNumber(reader)
  }
}

function readWord<Value>(reader: Reader, word: string, value: Value): Value {
  if (!reader.text.startsWith(word, reader.at)) throw new Refusal('syntax')
  reader.at += word.length
  return value
}

function readObject(reader: Reader, depth: number): Record<string, unknown> {
  if (depth > MAX_DEPTH) throw new Refusal('depth')
  const object: Record<string, unknown> = {}
  if (opensEmpty(reader, CLOSE_OBJECT)) return object
  for (;;) {
    if (reader.text.charCodeAt(reader.at) !== QUOTE) throw new Refusal('syntax')
    const name = readString(reader)
    if (Object.hasOwn(object, name)) throw new Refusal('duplicate-member')
    skipSpace(reader)
    if (reader.text.charCodeAt(reader.at) !== COLON) throw new Refusal('syntax')
    reader.at++
    skipSpace(reader)
    const value = readValue(reader, depth)
    // Plain assignment to this one name would set the prototype.
    if (name === '__proto__') Object.defineProperty(object, name, { value, configurable: true, enumerable: true, writable: true })
    else object[name] = value
    if (!continues(reader, CLOSE_OBJECT)) return object
  }
}

function readArray(reader: Reader, depth: number): unknown[] {
  if (depth > MAX_DEPTH) throw new Refusal('depth')
  const array: unknown[] = []
  if (opensEmpty(reader, CLOSE_ARRAY)) return array
  for (;;) {
    array.push(readValue(reader, depth))
    if (!continues(reader, CLOSE_ARRAY)) return array
  }
}

/** Steps over the opening bracket; true when the closing one follows at once. */
function opensEmpty(reader: Reader, close: number): boolean {
  reader.at++
  skipSpace(reader)
  if (reader.text.charCodeAt(reader.at) !== close) return false
  reader.at++
  return true
}

/** After an element: true at a comma (standing on the next element), false after the closing bracket. */
function continues(reader: Reader, close: number): boolean {
  skipSpace(reader)
  const code = reader.text.charCodeAt(reader.at)
  reader.at++
  if (code === close) return false
  if (code !== COMMA) throw new Refusal('syntax')
  skipSpace(reader)
  return true
}

function readString(reader: Reader): string {
  const { text } = reader
  const start = reader.at + 1
  let at = start
  for (;;) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      reader.at = at + 1
      return text.slice(start, at)
    }
    if (code === BACKSLASH) return readEscapedString(reader, start, at)
    // NaN (end of text) fails every comparison, so it is asked for by name.
    if (code < 0x20 || Number.isNaN(code)) throw new Refusal(code === 0 ? 'nul' : 'syntax')
    at++
  }
}

function readEscapedString(reader: Reader, start: number, firstEscape: number): string {
  const { text } = reader
  let value = ''
  let copied = start
  let at = firstEscape
  for (;;) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      value += text.slice(copied, at)
      // Only escapes can write half a pair: strict UTF-8 has no surrogates.
      if (!value.isWellFormed()) throw new Refusal('surrogate')
      reader.at = at + 1
      return value
    }
    if (code === BACKSLASH) {
      value += text.slice(copied, at) + unescapeAt(text, at + 1)
      at += text.charCodeAt(at + 1) === 0x75 ? 6 : 2
      copied = at
      continue
    }
    if (code < 0x20 || Number.isNaN(code)) throw new Refusal(code === 0 ? 'nul' : 'syntax')
    at++
  }
}

const ESCAPES: Readonly<Record<string, string>> = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }
const FOUR_HEX = /^[0-9a-fA-F]{4}$/

function unescapeAt(text: string, at: number): string {
  const letter = text.charAt(at)
  if (letter === 'u') {
    const hex = text.slice(at + 1, at + 5)
    if (!FOUR_HEX.test(hex)) throw new Refusal('syntax')
    const unit = Number.parseInt(hex, 16)
    if (unit === 0) throw new Refusal('nul')
    return String.fromCharCode(unit)
  }
  const value = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined
  if (value === undefined) throw new Refusal('syntax')
  return value
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y

function readNumber(reader: Reader): number {
  NUMBER.lastIndex = reader.at
  const digits = NUMBER.exec(reader.text)?.[0]
  if (digits === undefined) throw new Refusal('syntax')
  reader.at += digits.length
  const value = Number(digits)
  // Judged by value, so that 1e20 and 9007199254740993.0 do not slip past. Infinity (1e400) is not an integer: asked for separately.
  if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) throw new Refusal('number')
  return value
}
