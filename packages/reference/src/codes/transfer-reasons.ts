import { byCode, type CodeEntry, codesOf } from './code-list.ts'

/** `return`: ends the request. `excluded-period`: a period stays behind, the rest transfers. `refusal`: refused before anything is sent. */
export type TransferReasonUse = 'return' | 'excluded-period' | 'objection' | 'refusal' | 'withdrawal'

const list = [
  { code: 'R01', use: 'return', zh: '身份信息不一致', en: 'Identity does not match (name or ID number)' },
  { code: 'R02', use: 'return', zh: '查无参保记录', en: 'No insurance record found' },
  { code: 'R03', use: 'return', zh: '已按规定领取基本养老金，不再转移', en: 'Already receives a pension: not transferable' },
  {
    code: 'R04',
    use: 'return',
    zh: '男年满50周岁、女年满40周岁且非户籍地，应建立临时缴费账户',
    en: 'Man from 50 or woman from 40 outside the household place: a temporary contribution account applies',
  },
  {
    code: 'R05',
    use: 'excluded-period',
    zh: '重复缴费时段',
    en: 'Period paid twice: one is kept, the personal part of the other refunded',
  },
  {
    code: 'R06',
    use: 'excluded-period',
    zh: '一次性缴费满3年，缺少书面承诺书或法定文书',
    en: 'Lump-sum payment of three years or more without the written commitment or the legal document required',
  },
  {
    code: 'R07',
    use: 'excluded-period',
    zh: '无法提供材料或属地方自行政策，该时段不予转移',
    en: 'Material cannot be provided, or local policy only: this period does not transfer',
  },
  { code: 'R08', use: 'return', zh: '已有在途转移或该时段已转出', en: 'A transfer is already open, or the period was handed over before' },
  { code: 'R09', use: 'return', zh: '原参保地未停保或有欠费', en: 'Still insured at the old place, or contributions in arrears' },
  { code: 'R10', use: 'objection', zh: '信息表与到账金额不符', en: 'Information form and received amount differ' },
  { code: 'R11', use: 'return', zh: '机构或行政区划代码错误', en: 'Wrong agency or division code' },
  { code: 'R12', use: 'refusal', zh: '该险种不可转移', en: 'This insurance type does not transfer' },
  { code: 'R13', use: 'withdrawal', zh: '申请人撤回', en: 'Withdrawn by the applicant' },
] as const

export type TransferReasonCode = (typeof list)[number]['code']
export type TransferReason = CodeEntry<TransferReasonCode> & { readonly use: TransferReasonUse }

/** Why a transfer is returned, shortened, disputed, refused or withdrawn, R01 to R13. */
export const transferReasons: readonly TransferReason[] = list
export const transferReasonCodes = codesOf(list)
export const transferReasonByCode = byCode<TransferReasonCode, TransferReason>(list)

/** The reasons that a `return` may give. */
export const returnReasonCodes = ['R01', 'R02', 'R03', 'R04', 'R08', 'R09', 'R11'] as const satisfies readonly TransferReasonCode[]
/** The reasons for which an information form may leave out a period. */
export const excludedPeriodReasonCodes = ['R05', 'R06', 'R07'] as const satisfies readonly TransferReasonCode[]
