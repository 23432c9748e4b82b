import type { Bilingual } from '../text.ts'
import { byCode, codesOf } from './code-list.ts'

const joinAnew = {
  zh: '不随人转移，在新就业地重新参保（社会保险经办条例第十五条）',
  en: 'Does not move with the person, who joins anew at the new place (Social Insurance Administration Regulations, Article 15)',
} as const
const medicalBureau = {
  zh: '由医疗保障部门办理转移，不经本系统',
  en: 'Moved by the medical-security bureau, not by this exchange',
} as const

const list = [
  { code: '110', zh: '企业职工基本养老保险', en: 'Basic pension insurance for enterprise employees' },
  {
    code: '120',
    zh: '机关事业单位工作人员基本养老保险',
    en: 'Basic pension insurance for staff of government bodies and public institutions',
  },
  { code: '170', zh: '城乡居民基本养老保险', en: 'Basic pension insurance for urban and rural residents' },
  { code: '210', zh: '失业保险', en: 'Unemployment insurance' },
  { code: '310', zh: '职工基本医疗保险', en: 'Basic medical insurance for employees', notTransferable: medicalBureau },
  { code: '380', zh: '居民基本医疗保险（380）', en: 'Basic medical insurance for residents (380)', notTransferable: medicalBureau },
  { code: '390', zh: '居民基本医疗保险（390）', en: 'Basic medical insurance for residents (390)', notTransferable: medicalBureau },
  { code: '410', zh: '工伤保险', en: 'Work-injury insurance', notTransferable: joinAnew },
  { code: '510', zh: '生育保险', en: 'Maternity insurance', notTransferable: joinAnew },
] as const

export type InsuranceTypeCode = (typeof list)[number]['code']

/** An insurance type (险种类型, AAE140). `notTransferable`: why it cannot be the subject of a transfer here; absent when it can. */
export type InsuranceType = Bilingual & {
  readonly code: InsuranceTypeCode
  readonly transferable: boolean
  readonly notTransferable?: Bilingual
}

export const insuranceTypes: readonly InsuranceType[] = list.map((entry) => ({ ...entry, transferable: !('notTransferable' in entry) }))
export const insuranceTypeCodes = codesOf(list)
export const insuranceTypeByCode = byCode<InsuranceTypeCode, InsuranceType>(insuranceTypes)

/** The types that an insurance transfer may carry. */
export const transferableInsuranceTypeCodes = ['110', '120', '170', '210'] as const satisfies readonly InsuranceTypeCode[]
