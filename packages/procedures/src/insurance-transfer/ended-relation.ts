import { transferableInsuranceTypeCodes } from '@hefu/reference'
import { z } from 'zod'
import { open } from '../personal.ts'
import { informationForm } from './documents.ts'
import { day } from './fields.ts'

/** What stands with the record of a person whose relation was handed over. */
export const endedRelation = z.strictObject({
  endedOn: day,
  /** The region that took it over, and the case in which it did. */
  transferredTo: open(z.string()),
  caseNumber: open(z.string()),
  continuedAs: z.enum(transferableInsuranceTypeCodes),
  handedOver: informationForm.shape.local,
})

export type EndedRelation = z.infer<typeof endedRelation>
