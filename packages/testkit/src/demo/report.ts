import type { Latency, Messages } from './measure.ts'

/** demo-report.json, and what --json prints. */
export interface DemoReport {
  /** The halves match, nothing is left on its way, and every case was played to the end of its script. */
  readonly ok: boolean
  readonly seconds: number
  readonly procedures: Readonly<
    Record<
      string,
      {
        readonly cases: number
        /** How many are in a final state: nothing can be added to them but what the procedure allows even then. */
        readonly final: number
        readonly states: Readonly<Record<string, number>>
      }
    >
  >
  readonly messages: Messages
  readonly halvesMatch: boolean
  readonly latencyMs: Latency
}
