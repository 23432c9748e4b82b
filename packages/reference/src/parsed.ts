declare const brand: unique symbol

/** Text that only a parser of this package makes. A brand made of several names is assignable to a brand of fewer. */
export type Branded<Name extends string> = string & { readonly [brand]: { readonly [K in Name]: true } }

/** What every parser returns: the value, or a closed reason. Parsers take anything and never throw. */
export type Parsed<T, Code extends string> = { ok: true; value: T } | { ok: false; code: Code }

export function accept<T>(value: T): { ok: true; value: T } {
  return { ok: true, value }
}

export function refuse<Code extends string>(code: Code): { ok: false; code: Code } {
  return { ok: false, code }
}
