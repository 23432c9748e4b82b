import type { z } from 'zod'
import type { Lookup, Text } from '../engine/procedure.ts'

/** One of the region's own registers, as the procedures need it. Kept by the region's systems through /v1/registers. */
export interface Register {
  readonly name: string
  readonly title: Text
  /** Name of the member of a record that identifies it in the URL, e.g. `uscc`. */
  readonly id: string
  readonly schema: z.ZodType
  /** The look-ups that find a record; the first is the record's own id. */
  readonly lookups: (data: never) => readonly Lookup[]
  readonly examples: readonly { readonly title: Text; readonly data: unknown }[]
}
