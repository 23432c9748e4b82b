import { procedures } from '@hefu/procedures'

/** Of one case, for what is not at its address: a task. */
export function purposeOf(caseNumber: string): Record<string, string> {
  return usualPurpose(`/${caseNumber}`)
}

/**
 * The headers with which a bureau's system reads personal data for its work: what a case is read for, its number says; a register is read for an
 * affair of the bureau's own.
 */
export function usualPurpose(path: string): Record<string, string> {
  const [, code] = /\/\d{6}-([A-Z]{2})-\d{8}-/.exec(path) ?? []
  const purpose = procedures.find((procedure) => procedure.code === code)?.purposes[0]?.code
  if (purpose !== undefined) return { 'hefu-purpose': purpose }
  const [forRegister] = procedures.flatMap(({ purposes }) => purposes.map((one) => one.code))
  return path.startsWith('/v1/registers/') && forRegister !== undefined ? { 'hefu-purpose': forRegister, 'hefu-affair': 'T-2026-1' } : {}
}
