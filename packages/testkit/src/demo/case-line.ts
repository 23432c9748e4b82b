/** One line of a case file: how the case is opened, and what the officers of both sides do with it afterwards. */
export interface CaseLine {
  /** A name for this case that a later line can wait for. */
  readonly id?: string
  /** Opened only when the case of that name (an earlier line) has been played to its end. */
  readonly after?: string
  /** What the line shows, for readers. */
  readonly title?: { readonly zh: string; readonly en: string }
  /** As POSTed to /v1/{procedure}. */
  readonly body: { readonly from?: string; readonly to: string; readonly purpose: string; readonly basis: string; readonly data: unknown }
  /** The further steps, in order. Absent: the usual ones (usual-steps.ts); empty: none. */
  readonly script?: readonly Step[]
}

/** Which side writes a document is fixed by its procedure, so that a step need not say it. */
export type Step =
  | { readonly document: string; readonly data: unknown }
  /** Sends what the node has drafted for the officer. */
  | { readonly document: string; readonly draft: true }
  /** Writes a record of one of the two regions' registers. */
  | { readonly region: string; readonly register: string; readonly record: Readonly<Record<string, unknown>> }
