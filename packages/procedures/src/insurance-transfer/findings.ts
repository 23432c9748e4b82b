import type { Finding, Severity, Text } from '../engine/procedure.ts'

const texts = {
  'type-not-transferable': [
    'error',
    '工伤、生育保险关系不转移（R12），请在新参保地直接参保',
    'Work-injury and maternity insurance do not transfer (R12): the person joins anew at the new place',
  ],
  'type-of-medical-bureau': [
    'error',
    '医疗保险关系转移由医疗保障部门办理，请转医保经办机构',
    'Medical insurance is transferred by the medical-security bureau: apply there',
  ],
  'sex-differs-from-id': ['error', '性别与身份证件号码不一致', 'The sex does not agree with the identity number'],
  'birth-date-differs-from-id': ['error', '出生日期与身份证件号码不一致', 'The birth date does not agree with the identity number'],
  'division-unknown': ['error', '行政区划代码不存在（R11）', 'No such division code (R11)'],
  'division-abolished': [
    'error',
    '该行政区划代码在出具之日已撤销（R11），请改用现行代码',
    'This division code was not in force on the day of issue (R11): use the present one',
  ],
  'form-version': [
    'error',
    '信息表版本号应为上一版加一（首版为 1）',
    'The version must be one more than that of the last form (1 for the first)',
  ],
  'person-differs': ['error', '人员信息与联系函不一致（R01）', "The person does not equal the letter's (R01)"],
  'insurance-type-differs': ['error', '险种与联系函不一致', "The insurance type is not the letter's"],
  'amounts-missing': [
    'error',
    '跨省转移企业职工基本养老保险须填写转移金额',
    'A transfer of type 110 between provinces carries the amounts',
  ],
  'amounts-not-carried': [
    'error',
    '该险种或省内转移不划转资金，不得填写转移金额',
    'This type, or a transfer inside one province, carries no amounts',
  ],
  'account-opened-missing': [
    'error',
    '企业职工基本养老保险须填写建立个人账户时间',
    'Type 110 needs the month in which the account was opened',
  ],
  'row-money-missing': [
    'error',
    '该年度须填写缴费基数、比例、记账金额、利息和储存额',
    'The year needs bases, rates, credited amount, interest and balance',
  ],
  'row-money-not-carried': ['error', '该险种只填写时段和月数', 'This type carries periods and months only'],
  'individual-sum': ['error', '个人账户转移额（4）应等于（1）+（2）+（3）', 'Amount (4) must be (1) + (2) + (3)'],
  'total-sum': ['error', '转移基金总额（6）应等于（4）+（5）', 'Amount (6) must be (4) + (5)'],
  'pool-amount': ['error', '统筹基金转移额（5）与各时段 12% 之和不符', 'Amount (5) is not the sum of 12 % of the segments'],
  'transfer-year-principal': ['error', '（3）应等于转移当年记账金额', 'Amount (3) must be what was credited in the year of the transfer'],
  'transfer-year-interest': ['error', '转移当年不计利息，应为 0.00', 'The year of the transfer bears no interest here: it must be 0.00'],
  'pre-1998-amount': ['error', '1998-01-01 以后建立的账户（1）应为 0.00', 'For an account opened from 1998-01-01 on, amount (1) is 0.00'],
  'previous-balance': [
    'error',
    '1998-01-01 以后建立的账户（2）应等于上年末储存额',
    'For an account opened from 1998-01-01 on, amount (2) is the balance of the year before',
  ],
  'months-sum': ['error', '各时段月数之和与实际缴费月数不符', 'The months of the segments do not add up to the local months'],
  'span-reversed': ['error', '起始月晚于终止月', 'The first month lies after the last'],
  'span-months': ['error', '月数多于该时段的月份', 'More months than the span has'],
  'segment-overlap': ['error', '缴费时段重叠', 'Contribution segments overlap'],
  'segment-excluded': ['error', '缴费时段与不予转移时段重叠', 'A contribution segment overlaps an excluded period'],
  'segment-outside-period': ['error', '缴费时段超出在本地缴费起止时间', 'A contribution segment lies outside the local period'],
  'segment-outside-year': ['error', '缴费时段不在该年度内', "A contribution segment lies outside its row's year"],
  'row-order': ['error', '年度须按先后排列且不重复', 'Years must be in order, each once'],
  balance: [
    'error',
    '年末储存额应等于上年末储存额加当年记账金额加利息',
    'A balance must be the last balance plus credited amount plus interest',
  ],
  'credited-rate': [
    'warning',
    '记账比例与规定（2005 年底前 11%，2006 年起 8%）不同',
    'The credited rate is not the rule (11 % to 2005-12, 8 % from 2006-01)',
  ],
  'completed-later': ['error', '办结日期晚于出具日期', 'The completion date lies after the day of issue'],
} as const satisfies Record<string, readonly [Severity, string, string]>

export type FindingCode = keyof typeof texts

export function finding(code: FindingCode, pointer: string): Finding {
  const [severity, zh, en] = texts[code]
  return { severity, code, pointer, zh, en }
}

export function findingText(code: FindingCode): Text {
  const [, zh, en] = texts[code]
  return { zh, en }
}
