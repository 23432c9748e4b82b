/**
 * What may stand in a log entry: text, whole numbers that every reader holds exactly, and lists and objects of these. Fractions are left
 * out: their text is the one hard part of RFC 8785, and no entry needs them.
 */
export type CanonicalValue = string | number | boolean | null | readonly CanonicalValue[] | { readonly [name: string]: CanonicalValue }

/**
 * The one text of a value (RFC 8785): members sorted by UTF-16 code units, no spaces. Throws TypeError for what has no such text: a lone
 * surrogate, a number that is not a safe integer, a member that is undefined.
 */
export function canonicalJson(value: CanonicalValue): string {
  if (typeof value === 'string') return stringText(value)
  if (typeof value === 'number') return numberText(value)
  if (value === null || typeof value === 'boolean') return String(value)
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object') throw new TypeError(`${typeof value} has no canonical JSON text`)
  const object = value as Readonly<Record<string, CanonicalValue>>
  // Without a comparison function `sort` orders by UTF-16 code units, as RFC 8785 section 3.2.3 asks.
  const names = Object.keys(object).sort()
  return `{${names.map((name) => `${stringText(name)}:${canonicalJson(object[name] as CanonicalValue)}`).join(',')}}`
}

function stringText(text: string): string {
  if (!text.isWellFormed()) throw new TypeError('a lone surrogate has no canonical JSON text')
  // ECMAScript's own escapes are those of RFC 8785 section 3.2.2.2.
  return JSON.stringify(text)
}

function numberText(value: number): string {
  if (!Number.isSafeInteger(value)) throw new TypeError('only safe integers have a canonical JSON text here')
  // Minus zero is written as 0.
  return String(value)
}
