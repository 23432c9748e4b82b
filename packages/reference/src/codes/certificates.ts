import { byCode, type CodeEntry, codesOf } from './code-list.ts'

const kinds = [
  { code: 'skill-level', zh: '职业技能等级证书', en: 'Skill-level certificate' },
  { code: 'qualification', zh: '职业资格证书', en: 'Professional qualification certificate' },
  { code: 'title', zh: '职称证书', en: 'Professional title certificate' },
] as const

export type CertificateKind = (typeof kinds)[number]['code']
export const certificateKinds: readonly CodeEntry<CertificateKind>[] = kinds
export const certificateKindCodes = codesOf(kinds)
export const certificateKindByCode = byCode<CertificateKind, CodeEntry<CertificateKind>>(kinds)

/** The eight levels of workers' skills ("新八级工"), lowest first, as they stand in certificate numbers. */
const levels = [
  { code: 'X', zh: '学徒工', en: 'Apprentice' },
  { code: '5', zh: '五级/初级工', en: 'Level 5, junior worker' },
  { code: '4', zh: '四级/中级工', en: 'Level 4, intermediate worker' },
  { code: '3', zh: '三级/高级工', en: 'Level 3, senior worker' },
  { code: '2', zh: '二级/技师', en: 'Level 2, technician' },
  { code: '1', zh: '一级/高级技师', en: 'Level 1, senior technician' },
  { code: 'T', zh: '特级技师', en: 'Special-grade technician' },
  { code: 'S', zh: '首席技师', en: 'Chief technician' },
] as const

export type SkillLevelCode = (typeof levels)[number]['code']
export const skillLevels: readonly CodeEntry<SkillLevelCode>[] = levels
export const skillLevelCodes = codesOf(levels)
export const skillLevelByCode = byCode<SkillLevelCode, CodeEntry<SkillLevelCode>>(levels)

/** Professional titles, highest first. `senior`: issued by the two provincial bureaus they need no re-evaluation (川渝职称互认, 2021-03). */
const titles = [
  { code: 'full-senior', zh: '正高级', en: 'Full senior', senior: true },
  { code: 'associate-senior', zh: '副高级', en: 'Associate senior', senior: true },
  { code: 'intermediate', zh: '中级', en: 'Intermediate', senior: false },
  { code: 'assistant', zh: '助理级', en: 'Assistant', senior: false },
  { code: 'technician', zh: '员级', en: 'Technician', senior: false },
] as const

export type TitleLevelCode = (typeof titles)[number]['code']
export type TitleLevel = CodeEntry<TitleLevelCode> & { readonly senior: boolean }
export const titleLevels: readonly TitleLevel[] = titles
export const titleLevelCodes = codesOf(titles)
export const titleLevelByCode = byCode<TitleLevelCode, TitleLevel>(titles)
