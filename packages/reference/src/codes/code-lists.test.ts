import { expect, test } from 'vitest'
import { certificateKinds, skillLevels, titleLevels } from './certificates.ts'
import { creditClassByCode, creditClasses, publicationClasses } from './credit.ts'
import { dispositions } from './dispositions.ts'
import { insuranceTypeByCode, insuranceTypeCodes, insuranceTypes, transferableInsuranceTypeCodes } from './insurance-types.ts'
import { statuteArticleByCode, statuteArticleCodes, statuteArticles } from './statutes.ts'
import { excludedPeriodReasonCodes, returnReasonCodes, transferReasonCodes, transferReasons } from './transfer-reasons.ts'
import { violationAreaByCode, violationAreas, violationByCode, violations } from './violations.ts'

const lists = {
  certificateKinds,
  creditClasses,
  dispositions,
  insuranceTypes,
  publicationClasses,
  skillLevels,
  statuteArticles,
  titleLevels,
  transferReasons,
  violationAreas,
  violations,
}

test.each(Object.entries(lists))('%s: codes are unique, every text is there in both languages', (_, list) => {
  expect(new Set(list.map((entry) => entry.code)).size).toBe(list.length)
  for (const { zh, en } of list) {
    expect(zh).toMatch(/\p{Script=Han}/u)
    expect(en).toMatch(/^[\x20-\x7e]+$/)
  }
})

test('insurance types: what transfers here, and why the rest does not', () => {
  expect(insuranceTypeCodes).toEqual(['110', '120', '170', '210', '310', '380', '390', '410', '510'])
  expect(insuranceTypes.filter((type) => type.transferable).map((type) => type.code)).toEqual([...transferableInsuranceTypeCodes])
  expect(insuranceTypeByCode['310'].notTransferable?.en).toContain('medical-security bureau')
  expect(insuranceTypeByCode['410'].notTransferable?.zh).toContain('第十五条')
  expect(insuranceTypeByCode['110'].notTransferable).toBeUndefined()
})

test('violations: the area is the prefix, the articles exist, and every article is used', () => {
  for (const violation of violations) {
    expect(violation.code).toBe(`${violationAreaByCode[violation.area].code}-${violation.code.slice(3)}`)
    expect(violation.articles.length).toBeGreaterThan(0)
    expect(violation.penalty.zh).toMatch(/\p{Script=Han}/u)
  }
  const used = new Set(violations.flatMap((violation) => violation.articles))
  expect([...used].sort()).toEqual([...statuteArticleCodes].sort())
})

test('violations: every area has its codes, without gaps', () => {
  const counts = Object.fromEntries(violationAreas.map(({ code }) => [code, violations.filter(({ area }) => area === code).length]))
  expect(counts).toEqual({ FE: 1, WG: 12, RV: 1, SH: 1, SI: 3, OI: 2, PA: 4, CT: 1, CL: 1, WM: 8, HM: 4, TU: 4, OB: 4 })
  for (const [area, count] of Object.entries(counts)) {
    const numbers = violations.filter((violation) => violation.area === area).map(({ code }) => Number(code.slice(3)))
    expect(numbers).toEqual(Array.from({ length: count }, (_, at) => at + 1))
  }
})

test('safety and health is forwarded', () => {
  expect(violationByCode['SH-01'].forwardTo?.en).toContain('health')
  expect(violations.filter(({ forwardTo }) => forwardTo !== undefined).map(({ code }) => code)).toEqual(['WG-12', 'SH-01'])
})

test('articles read as lawyers write them', () => {
  expect(statuteArticleByCode['LSSR-26-1'].zh).toBe('《劳动保障监察条例》第26条第（1）项')
  expect(statuteArticleByCode['LSSR-27-P2'].en).toBe('Regulations on Labour Security Supervision, Article 27, paragraph 2')
  expect(statuteArticleByCode['MWPR-57'].zh).toBe('《保障农民工工资支付条例》第57条')
})

test('transfer reasons: the groups are the entries of that use', () => {
  const withUse = (use: string) => transferReasons.filter((reason) => reason.use === use).map((reason) => reason.code)
  expect(withUse('return')).toEqual([...returnReasonCodes])
  expect(withUse('excluded-period')).toEqual([...excludedPeriodReasonCodes])
  expect(transferReasonCodes).toHaveLength(13)
})

test('publication months grow with the class and never overlap', () => {
  expect(creditClasses.map(({ publicMonths }) => publicMonths.max)).toEqual([3, 12, 36])
  expect(creditClassByCode.serious.publicMonths).toEqual({ min: 12, max: 36 })
})
