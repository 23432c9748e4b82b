import { z } from 'zod'
import { open } from '../personal.ts'
import { decidedNotice, filing } from './documents.ts'

const filed = filing.pick({ entryNumber: true, enteredOn: true, keyInspectionTarget: true })
const noticed = decidedNotice.pick({
  violations: true,
  dispositions: true,
  severity: true,
  creditClass: true,
  publicUntil: true,
  publication: true,
})

/** What the home side's integrity file shows of a filed notice, with where it comes from. Never of a suspicion. */
export const integrityEntry = z.strictObject({
  ...filed.shape,
  ...noticed.shape,
  provenance: z.strictObject({
    caseNumber: open(z.string()),
    region: open(z.string()),
    agency: open(z.string()),
    digest: open(z.string()),
  }),
})

export type IntegrityEntry = z.infer<typeof integrityEntry>
