import type { Bilingual } from '../text.ts'

/** An entry of a closed list: the code on the wire, and its text in both languages. */
export type CodeEntry<Code extends string = string> = Bilingual & { readonly code: Code }

/** The codes of a list as a tuple of literals, in the order of the list (fit for an enumeration in a schema). */
export function codesOf<const Entries extends readonly CodeEntry[]>(
  entries: Entries,
): { readonly [At in keyof Entries]: Entries[At]['code'] } {
  return entries.map((entry) => entry.code) as { readonly [At in keyof Entries]: Entries[At]['code'] }
}

/** The entries of a list by code; every code of the list has one. */
export function byCode<Code extends string, Entry extends CodeEntry<Code>>(
  entries: readonly (Entry & CodeEntry<Code>)[],
): Readonly<Record<Code, Entry>> {
  return Object.fromEntries(entries.map((entry) => [entry.code, entry])) as Record<Code, Entry>
}
