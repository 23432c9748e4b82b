import type { Text } from '../language.ts'
import { type FindingCode, MEANINGS, type Severity } from './meanings.ts'

/** One thing that an auditor has to know: which entry, what should be there, what is there, and what that means. */
export interface Finding extends Text {
  readonly code: FindingCode
  readonly severity: Severity
  /** Index of the log entry that it is about. */
  readonly index?: number
  /** What else it is about: a file, a digest, a witness, a region. */
  readonly subject?: string
  readonly expected: string
  readonly found: string
}

export interface Observation {
  readonly index?: number | undefined
  readonly subject?: string | undefined
  readonly expected: string
  readonly found: string
}

/** Everything of one code beyond this is counted and not listed: a log whose every entry is wrong must not fill the memory. */
export const MAX_LISTED = 200

/** For who only has something to say. */
export type AddFinding = Pick<Findings, 'add'>

/** What another thread found, as it goes from thread to thread. */
export interface FoundApart {
  readonly listed: readonly (Observation & { readonly code: FindingCode })[]
  /** All of each code, those not listed too. */
  readonly counts: ReadonlyMap<FindingCode, number>
}

/** Collects what is seen on the way through an export. */
export class Findings {
  readonly #listed: Finding[] = []
  readonly #counts = new Map<FindingCode, number>()

  add(code: FindingCode, { index, subject, expected, found }: Observation): void {
    const count = (this.#counts.get(code) ?? 0) + 1
    this.#counts.set(code, count)
    if (count > MAX_LISTED) return
    const about = { ...(index === undefined ? {} : { index }), ...(subject === undefined ? {} : { subject }) }
    this.#listed.push({ code, ...about, expected, found, ...MEANINGS[code] })
  }

  /** Takes over what another thread found. */
  absorb({ listed, counts }: FoundApart): void {
    for (const { code, ...seen } of listed) this.add(code, seen)
    for (const [code, count] of counts) {
      const own = listed.filter((one) => one.code === code).length
      this.#counts.set(code, (this.#counts.get(code) ?? 0) + count - own)
    }
  }

  get apart(): FoundApart {
    const listed = this.#listed.map(({ code, index, subject, expected, found }) => ({ code, index, subject, expected, found }))
    return { listed, counts: this.#counts }
  }

  /** What makes the verdict: errors and warnings. */
  get findings(): readonly Finding[] {
    return this.#listed.filter(({ severity }) => severity !== 'note')
  }

  /** What an honest export has too. */
  get notes(): readonly Finding[] {
    return this.#listed.filter(({ severity }) => severity === 'note')
  }

  get hasErrors(): boolean {
    return this.#listed.some(({ severity }) => severity === 'error')
  }

  /** How many of each code were counted beyond those listed. */
  get omitted(): Readonly<Partial<Record<FindingCode, number>>> {
    return Object.fromEntries([...this.#counts].flatMap(([code, n]) => (n > MAX_LISTED ? [[code, n - MAX_LISTED]] : [])))
  }
}
