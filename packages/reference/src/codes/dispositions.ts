import { byCode, type CodeEntry, codesOf } from './code-list.ts'

/** How a violation was dealt with: 劳动保障监察条例 18 and the kinds of penalty of 行政处罚法 9. */
const list = [
  { code: 'WARNING', zh: '警告', en: 'Warning' },
  { code: 'CIRCULATED_CRITICISM', zh: '通报批评', en: 'Circulated criticism' },
  { code: 'FINE', zh: '罚款', en: 'Fine' },
  { code: 'CONFISCATION', zh: '没收违法所得、没收非法财物', en: 'Confiscation of unlawful gains or property' },
  { code: 'LICENCE_SUSPEND', zh: '暂扣许可证件', en: 'Suspension of a licence' },
  { code: 'LICENCE_REVOKE', zh: '吊销许可证件', en: 'Revocation of a licence' },
  { code: 'RESTRICT_BUSINESS', zh: '限制开展生产经营活动', en: 'Restriction of business' },
  { code: 'STOP_WORK', zh: '责令停产停业、停工', en: 'Order to stop work or business' },
  { code: 'PRACTICE_BAN', zh: '限制从业', en: 'Ban from the trade' },
  { code: 'ORDER_CORRECT', zh: '责令限期改正', en: 'Order to correct within a time limit' },
  { code: 'ADMIN_DISPOSITION', zh: '行政处理决定', en: 'Administrative disposition' },
  { code: 'WITHDRAWN', zh: '撤销立案', en: 'Case withdrawn' },
  { code: 'TRANSFER', zh: '移送', en: 'Transferred to another authority' },
  { code: 'GUIDANCE', zh: '约谈、指导', en: 'Talk or guidance' },
] as const

export type DispositionCode = (typeof list)[number]['code']
export const dispositions: readonly CodeEntry<DispositionCode>[] = list
export const dispositionCodes = codesOf(list)
export const dispositionByCode = byCode<DispositionCode, CodeEntry<DispositionCode>>(list)
