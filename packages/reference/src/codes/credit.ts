import { byCode, type CodeEntry, codesOf } from './code-list.ts'

/** 信用修复管理办法 (in force 2026-04-01): how long dishonesty information may be public, in months from the decision. */
const classes = [
  { code: 'minor', zh: '轻微', en: 'Minor', publicMonths: { min: 0, max: 3 } },
  { code: 'general', zh: '一般', en: 'General', publicMonths: { min: 3, max: 12 } },
  { code: 'serious', zh: '严重', en: 'Serious', publicMonths: { min: 12, max: 36 } },
] as const

export type CreditClassCode = (typeof classes)[number]['code']
export type CreditClass = CodeEntry<CreditClassCode> & { readonly publicMonths: { readonly min: number; readonly max: number } }
export const creditClasses: readonly CreditClass[] = classes
export const creditClassCodes = codesOf(classes)
export const creditClassByCode = byCode<CreditClassCode, CreditClass>(classes)

/** 重大劳动保障违法行为社会公布办法 (人社部令29): the seven classes of violations that are published. */
const publications = [
  {
    code: 'P1',
    zh: '克扣、无故拖欠劳动报酬数额较大，或拒不支付劳动报酬依法移送司法机关',
    en: 'Large wage deductions or arrears, or refusal to pay transferred to the judiciary',
  },
  { code: 'P2', zh: '不依法参加社会保险或缴纳社会保险费，情节严重', en: 'Serious failure to join or pay social insurance' },
  { code: 'P3', zh: '违反工作时间和休息休假规定，情节严重', en: 'Serious violation of working hours and rest' },
  {
    code: 'P4',
    zh: '违反女职工和未成年工特殊劳动保护规定，情节严重',
    en: 'Serious violation of the protection of women and minors at work',
  },
  { code: 'P5', zh: '违反禁止使用童工规定', en: 'Child labour' },
  { code: 'P6', zh: '因劳动保障违法行为造成严重不良社会影响', en: 'Serious adverse effect on society' },
  { code: 'P7', zh: '其他重大劳动保障违法行为', en: 'Other major labour-security violation' },
] as const

export type PublicationClassCode = (typeof publications)[number]['code']
export const publicationClasses: readonly CodeEntry<PublicationClassCode>[] = publications
export const publicationClassCodes = codesOf(publications)
export const publicationClassByCode = byCode<PublicationClassCode, CodeEntry<PublicationClassCode>>(publications)
