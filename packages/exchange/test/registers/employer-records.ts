import { organisationCheckCharacter, usccCheckCharacter } from '@hefu/reference'

/** What must never be seen outside the register itself. */
export const canaryName = '诸葛金丝雀'

/** A valid employer of Chongqing, a different one for each number. */
export function employerRecord(n: number) {
  return {
    uscc: usccOf(n),
    name: `重庆第${n}建筑劳务有限公司`,
    registeredAddress: '重庆市北碚区水土街道思源路100号',
    divisionCode: '500109',
    legalRepresentative: canaryName,
  }
}

export function usccOf(n: number): string {
  const organisation = String(n).padStart(8, '0')
  const code = `91500112${organisation}${organisationCheckCharacter(organisation)}`
  return `${code}${usccCheckCharacter(code)}`
}
