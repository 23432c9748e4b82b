import { certificateRecognition } from './certificate-recognition/procedure.ts'
import type { Procedure } from './engine/procedure.ts'
import { insuranceTransfer } from './insurance-transfer/procedure.ts'
import { certificates } from './registers/certificates.ts'
import { employers } from './registers/employers.ts'
import { insuredPersons } from './registers/insured-persons.ts'
import type { Register } from './registers/register.ts'
import { violationNotice } from './violation-notice/procedure.ts'

export { defineProcedure } from './engine/define-procedure.ts'
export * from './engine/next.ts'
export * from './engine/procedure.ts'
export * from './engine/reasons.ts'
export * from './engine/replay.ts'
export * from './engine/seen.ts'
export { personId } from './fields.ts'
export { type Leaf, leavesOf, type MaskExtent, maskData, maskValue, open, type PersonalKind, personal } from './personal.ts'
export type { Register } from './registers/register.ts'
export { certificateRecognition, certificates, employers, insuranceTransfer, insuredPersons, violationNotice }

/** Every procedure that a node runs, one line each. */
export const procedures: readonly Procedure[] = [violationNotice, insuranceTransfer, certificateRecognition]

/** The region's own registers that the procedures read from and add to. */
export const registers: readonly Register[] = [employers, certificates, insuredPersons]
