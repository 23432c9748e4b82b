import type { AgencyCode, CaseNumber, RegionId } from '@hefu/reference'
import type { z } from 'zod'

/** A text shown to people, always in both languages. */
export interface Text {
  readonly zh: string
  readonly en: string
}

/** Why a document has no effect, or may not be written now. `code` is stable, the text is for people. */
export interface Reason extends Text {
  readonly code: string
}

/** How sensitive a document is: decides who may see it and how it is masked. */
export type PrivacyClass = 'organisation' | 'personal' | 'sensitive'

/**
 * One document of a case, as the engine sees it: what the signed message says, nothing else.
 * `by` is the issuing region; `issuedAt` is `iat` (epoch seconds); `seen` and `answers` are digests (base64url SHA-256).
 */
export interface CaseDocument<Data = unknown> {
  readonly digest: string
  readonly document: string
  readonly by: RegionId
  readonly from: AgencyCode
  readonly to: AgencyCode
  readonly issuedAt: number
  readonly seen: readonly string[]
  readonly answers?: string
  readonly data: Data
}

/** A document that the receiver signed a refusal for. Its content is not needed: it counts as arrived and is skipped. */
export interface RefusedDocument {
  readonly digest: string
  readonly document: string
  readonly by: RegionId
  readonly reason: string
}

/**
 * Everything replay needs beside the documents; the same on both nodes.
 * `receivedAt`: per digest, what the receipt says (epoch seconds); absent while the receipt is not known here.
 * `deadlineRules`: the version of the deadline table that the case's agreement names.
 */
export interface CaseFacts {
  readonly caseNumber: CaseNumber
  readonly owner: RegionId
  readonly counterparties: readonly RegionId[]
  readonly deadlineRules: number
  readonly receivedAt: ReadonlyMap<string, number>
  readonly refused: readonly RefusedDocument[]
  /**
   * Digests of documents whose author took the bytes back and whose receiver confirmed it. They keep their place in the order, so that nothing
   * else moves; they count for nothing, and their `data` is never read: it may be gone on one side already.
   */
  readonly recalled?: ReadonlySet<string>
}

/** The case at one point of the fold. `effective` holds the documents that counted so far, in order. */
export interface CaseView {
  readonly facts: CaseFacts
  readonly state: string | null
  readonly effective: readonly CaseDocument[]
  /** The latest effective document of one of these kinds. */
  latest(...documents: string[]): CaseDocument | undefined
}

/** What a state does with a document: the next state, or why the document is void there. */
export type Transition = string | ((view: CaseView, document: CaseDocument) => { readonly state: string } | { readonly void: Reason })

export interface StateDefinition {
  readonly title: Text
  readonly final?: true
  /** Role that must act, or null. */
  readonly ball: string | null | ((view: CaseView) => string | null)
  /** document -> transition. What is not listed is illegal here. */
  readonly on: Readonly<Record<string, Transition>>
}

export interface DocumentExample {
  readonly title: Text
  /** A complete request body for the local API; valid as it stands. `to` only on the starting document. */
  readonly body: { readonly from?: string; readonly to?: string; readonly purpose: string; readonly basis: string; readonly data: unknown }
}

export interface DocumentDefinition {
  readonly title: Text
  /** The role that may write it. */
  readonly by: string
  readonly starts?: true
  /** Kinds it answers: it must name the digest of the latest effective document of these. */
  readonly answers?: readonly string[]
  /**
   * Why it may not be written as the case stands, whatever its data, although the state lists it (e.g. no filing while the notice is only
   * suspected); null: it may. Replay makes the document void with this reason, `nextFor` shows it.
   */
  readonly notNow?: (view: CaseView) => Reason | null
  /** Strict zod schema of `data`. */
  readonly schema: z.ZodType
  readonly privacy: PrivacyClass
  /** May be gathered and sent in batches. */
  readonly batch: boolean
  readonly examples: readonly DocumentExample[]
}

/**
 * One row of a procedure's deadline table. Rows of the agreement's `version` apply; of those, the rows for the case's
 * pair of regions (by province prefix, any order) go before the rows for 'any'; of those, the row whose [from, to) holds
 * the date on which the clock starts. A row whose `while` states do not hold the case now gives no deadline.
 */
export interface DeadlineRule {
  readonly rule: string
  readonly version: number
  /** Two province prefixes such as ['51', '50'], or 'any'. */
  readonly pair: readonly [string, string] | 'any'
  /** First and last-exclusive date (yyyy-mm-dd, Asia/Shanghai) of the clock's start for which this row is law; null: open. */
  readonly from: string | null
  readonly to: string | null
  /** `case`: runs over all non-final states, held by whoever has the ball; otherwise only in these states. */
  readonly scope: 'case' | { readonly states: readonly string[] }
  /** The clock starts when the latest effective document of these kinds was received (or issued). */
  readonly start: {
    readonly event: 'received' | 'issued'
    readonly documents: readonly string[] | ((view: CaseView) => CaseDocument | undefined)
  }
  /** Further condition, e.g. only while the notice is decided. */
  readonly when?: (view: CaseView) => boolean
  readonly workingDays: number
}

export type Severity = 'error' | 'warning'

export interface Finding extends Text {
  readonly severity: Severity
  readonly code: string
  /** JSON pointer into `data`. Never contains personal data, and neither do the texts. */
  readonly pointer: string
}

/** A value that finds records of a register: stored only as `lookupKey(kind, value)`. */
export interface Lookup {
  readonly kind: string
  readonly value: string
}

/**
 * A local consequence of the case on one side, as data; keyed (case, `digest`, `key`).
 * register: an entry shown with the record of `register` that `lookup` finds, while the effect stands.
 * settlement: a row of `settlement_entries`.
 * task: something an officer of this side should do; `document` is what he would write, `draft` says whether registers can fill it in.
 * claim: unique on this node (a second open claim of the same `lookup` yields `onConflict` as a task instead).
 */
export type Effect =
  | {
      readonly kind: 'register'
      readonly key: string
      readonly digest: string
      readonly register: string
      readonly lookup: Lookup
      readonly data: unknown
    }
  | { readonly kind: 'settlement'; readonly key: string; readonly digest: string; readonly data: SettlementEntry }
  | { readonly kind: 'task'; readonly key: string; readonly digest: string; readonly title: Text; readonly document?: string }
  | {
      readonly kind: 'claim'
      readonly key: string
      readonly digest: string
      readonly lookup: Lookup
      /** What the officer is asked to send when another case holds the claim; `data` is the draft. */
      readonly onConflict: { readonly key: string; readonly title: Text; readonly document: string; readonly data: unknown }
    }

export interface SettlementEntry {
  readonly insuranceType: string
  readonly payer: RegionId
  readonly payee: RegionId
  /** Decimal text with two places, yuan. */
  readonly poolYuan: string
  readonly personalYuan: string
  readonly totalYuan: string
  readonly completedOn: string
}

/** Records that look-ups found, by the name the answer gave to each look-up. */
export type FoundRecords = Readonly<Record<string, readonly unknown[]>>

/**
 * How this side's registers help to answer. `lookUp` says what to find (null: nothing to answer now);
 * `write` makes the answer from what was found. `automatic: true` only for good news that a register proves:
 * it is sent at once when the agreement says so; everything else is a draft for an officer.
 */
export interface RegisterAnswer {
  readonly document: string
  readonly role: string
  readonly states: readonly string[]
  readonly lookUp: (view: CaseView) => Readonly<Record<string, { readonly register: string; readonly lookup: Lookup }>> | null
  readonly write: (
    view: CaseView,
    found: FoundRecords,
    today: string,
  ) => { readonly data: unknown; readonly automatic: boolean; readonly note: Text } | null
}

export interface Procedure {
  readonly name: string
  /** Plural path segment under /v1. */
  readonly path: string
  readonly version: number
  /** Two capital letters in the case number. */
  readonly code: string
  readonly title: Text
  readonly roles: {
    readonly owner: { readonly role: string; readonly title: Text }
    readonly counterparties: readonly { readonly role: string; readonly title: Text }[]
  }
  readonly purposes: readonly { readonly code: string; readonly title: Text }[]
  readonly documents: Readonly<Record<string, DocumentDefinition>>
  /** State after the starting document. */
  readonly initial: string
  readonly states: Readonly<Record<string, StateDefinition>>
  readonly deadlines: readonly DeadlineRule[]
  /** How long the content of a case is kept after its last change once it is final, where its agreement says nothing else. */
  readonly retentionDays?: number
  /** Last day on which the case's content may be shown or used (yyyy-mm-dd), or null. */
  readonly effectiveUntil?: (view: CaseView) => string | null
  /**
   * Cases that few may see, by their state alone: while `holds`, only who has the scope `{procedure}:{scope}` sees the case at all
   * (a notice that is only suspected). Of a case of which nothing is effective it is asked too.
   */
  readonly restricted?: { readonly scope: string; readonly title: Text; readonly holds: (view: CaseView) => boolean }
  /** Findings about `document` where it stands; `view` is the case before it. Pure, total: never throws on schema-valid data. */
  readonly check: (view: CaseView, document: CaseDocument) => readonly Finding[]
  readonly effects: (view: CaseView, role: string) => readonly Effect[]
  /** Per register: the schema of the `data` that effects of kind `register` enter there. */
  readonly entries?: Readonly<Record<string, z.ZodType>>
  readonly registerAnswers: readonly RegisterAnswer[]
}

export type Standing =
  | { readonly standing: 'effective' }
  | { readonly standing: 'void'; readonly reason: Reason }
  | { readonly standing: 'waiting' }
  | { readonly standing: 'refused'; readonly reason: Reason }

export interface Deadline {
  readonly rule: string
  readonly version: number
  readonly holder: string
  /** Date the clock started (yyyy-mm-dd), null until the receipt is known. */
  readonly from: string | null
  readonly due: string | null
  readonly provisional: boolean
}

export interface NextDocument {
  readonly document: string
  readonly by: string
  readonly allowed: boolean
  readonly reason?: Reason
  /** Digest the document would answer. */
  readonly answers?: string
}

/**
 * `state` is one of the procedure's, or `waiting` (its first document has not arrived), `undelivered` (refused by the receiver) or `recalled`
 * (its first document was, with the receiver's confirmation).
 * `order`: digests as folded. `forks`: pairs of one side's documents neither of which saw the other; an alert.
 */
export interface Replay {
  readonly state: string
  readonly final: boolean
  readonly ballHolder: string | null
  readonly deadlines: readonly Deadline[]
  readonly effectiveUntil: string | null
  readonly standings: ReadonlyMap<string, Standing>
  readonly order: readonly string[]
  readonly forks: readonly (readonly [string, string])[]
  readonly findings: readonly (Finding & { readonly digest: string })[]
  readonly view: CaseView
}
