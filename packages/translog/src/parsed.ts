/** What a parser of this package answers: the value, or one code of its closed union. Parsers never throw on what they are given. */
export type Parsed<Value, Code extends string> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly code: Code }

/** The answer for text and bytes that are not what they should be. */
export function refused<Code extends string>(code: Code): { readonly ok: false; readonly code: Code } {
  return { ok: false, code }
}
