import type { Bilingual } from '../text.ts'
import { byCode, type CodeEntry, codesOf } from './code-list.ts'
import { violationPenalties } from './penalties.ts'
import type { StatuteArticleCode } from './statutes.ts'
import { violationList } from './violation-list.ts'

const areas = [
  { code: 'FE', zh: '公平就业', en: 'Fair employment' },
  { code: 'WG', zh: '劳动报酬', en: 'Wages' },
  { code: 'RV', zh: '休息休假', en: 'Rest and vacation' },
  { code: 'SH', zh: '劳动安全卫生', en: 'Safety and health' },
  { code: 'SI', zh: '社会保险', en: 'Social insurance' },
  { code: 'OI', zh: '职业伤害保障', en: 'Occupational injury' },
  { code: 'PA', zh: '平台规则和算法', en: 'Platform rules and algorithms' },
  { code: 'CT', zh: '劳动合同', en: 'Labour contract' },
  { code: 'CL', zh: '禁止使用童工', en: 'Child labour' },
  { code: 'WM', zh: '女职工和未成年工保护', en: 'Women and minors' },
  { code: 'HM', zh: '人力资源市场', en: 'Human-resources market' },
  { code: 'TU', zh: '工会', en: 'Trade union' },
  { code: 'OB', zh: '妨碍监察', en: 'Obstruction of inspection' },
] as const

export type ViolationArea = (typeof areas)[number]['code']
export const violationAreas: readonly CodeEntry<ViolationArea>[] = areas
export const violationAreaCodes = codesOf(areas)
export const violationAreaByCode = byCode<ViolationArea, CodeEntry<ViolationArea>>(areas)

export type ViolationCode = (typeof violationList)[number]['code']

/** A violation (违法行为), its area, the articles it is anchored in and what they provide. */
export type Violation = CodeEntry<ViolationCode> & {
  readonly area: ViolationArea
  readonly articles: readonly StatuteArticleCode[]
  readonly penalty: Bilingual
  /** Which authority the matter goes to. Area SH is not handled by these bureaus at all. */
  readonly forwardTo?: Bilingual
}

export const violations: readonly Violation[] = violationList.map((entry) => ({
  ...entry,
  area: violationAreaOf(entry.code),
  penalty: violationPenalties[entry.penalty],
}))
export const violationCodes = codesOf(violationList)
export const violationByCode = byCode<ViolationCode, Violation>(violations)

/** The two letters before the hyphen. */
export function violationAreaOf(code: ViolationCode): ViolationArea {
  return code.slice(0, 2) as ViolationArea
}
