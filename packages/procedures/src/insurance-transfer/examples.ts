import { moneyBasis, transferAmounts } from './amounts.ts'
import { careerRows } from './career.ts'
import type { Completion, ContactLetter, InformationForm, ReturnDocument, Supplement } from './documents.ts'

const basis = '国办发〔2009〕66号 城镇企业职工基本养老保险关系转移接续暂行办法'
const purpose = 'relation-transfer'
/** Documents of the incoming side (Chengdu) and of the outgoing side (Chongqing) in the examples. */
const incoming = { from: '510100-0001', purpose, basis }
const outgoing = { from: '500000-0001', purpose, basis }

export const examplePerson = {
  name: '周晓岚',
  idNumber: '500103198812310020',
  sex: 'female',
  birthDate: '1988-12-31',
  householdPlace: '重庆市渝中区',
} as const

/** What the register at Chongqing holds about the person; the example form follows from it. */
export const exampleCareer = {
  workStart: '2019-03-01',
  firstContribution: '2019-03',
  accountOpened: '2019-03',
  periods: [{ from: '2019-03', to: '2026-06', months: 88 }],
  rows: careerRows([
    { from: '2019-03', to: '2019-12', monthlyBase: '5000.00', interest: '0.0761' },
    { from: '2020-01', to: '2020-12', monthlyBase: '5500.00', interest: '0.0604' },
    { from: '2021-01', to: '2021-12', monthlyBase: '6000.00', interest: '0.0669' },
    { from: '2022-01', to: '2022-12', monthlyBase: '6300.00', interest: '0.0612' },
    { from: '2023-01', to: '2023-12', monthlyBase: '6512.50', interest: '0.0397' },
    { from: '2024-01', to: '2024-12', monthlyBase: '6800.00', interest: '0.0262' },
    { from: '2025-01', to: '2025-12', monthlyBase: '7000.00', interest: '0.015' },
    { from: '2026-01', to: '2026-06', monthlyBase: '7200.00', interest: '0' },
  ]),
}

export const exampleLetter: ContactLetter = {
  letterNumber: 'LX-2026-000123',
  incomingAgency: { divisionCode: '510100', name: '成都市社会保险事业管理局', address: '成都市锦江区示例路 1 号', contact: '028-00000000' },
  outgoingAgency: {
    divisionCode: '500103',
    name: '重庆市渝中区社会保险事务中心',
    address: '重庆市渝中区示例路 2 号',
    contact: '023-00000000',
  },
  person: {
    name: examplePerson.name,
    idNumber: examplePerson.idNumber,
    sex: examplePerson.sex,
    householdPlace: examplePerson.householdPlace,
    personalNumber: 'CQ0012345678',
  },
  insuranceType: '110',
  accountKind: 'general',
}

const withoutAmounts: InformationForm = {
  version: 1,
  person: examplePerson,
  insuranceType: '110',
  dates: { workStart: '2019-03-01', firstContribution: '2019-03', accountOpened: '2019-03', transfer: '2026-11-20' },
  local: { from: '2019-03', to: '2026-06', months: 88 },
  rows: exampleCareer.rows,
  excludedPeriods: [],
}

export const exampleForm: InformationForm = { ...withoutAmounts, amounts: transferAmounts(moneyBasis(withoutAmounts)) }

export const examples = {
  'contact-letter': [
    {
      title: { zh: '企业职工基本养老保险转入成都', en: 'a pension relation moves to Chengdu' },
      body: { ...incoming, to: '500000-0001', data: exampleLetter },
    },
    {
      title: { zh: '失业保险转入成都', en: 'an unemployment relation moves to Chengdu' },
      body: {
        ...incoming,
        to: '500000-0001',
        data: { ...exampleLetter, letterNumber: 'LX-2026-000124', insuranceType: '210' } satisfies ContactLetter,
      },
    },
  ],
  'supplement-request': [
    {
      title: { zh: '户籍地不全', en: 'the household place is incomplete' },
      body: { ...outgoing, data: { items: [{ item: 'household-place', why: '缺少区县，无法核对' }] } },
    },
  ],
  supplement: [
    {
      title: { zh: '补正户籍地', en: 'the household place, completed' },
      body: {
        ...incoming,
        data: { items: [{ item: 'household-place', content: examplePerson.householdPlace }], letter: exampleLetter } satisfies Supplement,
      },
    },
  ],
  return: [
    {
      title: { zh: '查无参保记录', en: 'no insurance record' },
      body: { ...outgoing, data: { code: 'R02', explanation: '本机构无该人员该险种的参保记录' } satisfies ReturnDocument },
    },
  ],
  'information-form': [
    { title: { zh: '跨省转移，含转移金额', en: 'between provinces, with the amounts' }, body: { ...outgoing, data: exampleForm } },
    {
      title: { zh: '失业保险，只有时段和月数', en: 'unemployment insurance: periods and months only' },
      body: {
        ...outgoing,
        data: {
          version: 1,
          person: examplePerson,
          insuranceType: '210',
          dates: { firstContribution: '2025-01', transfer: '2026-11-20' },
          local: { from: '2025-01', to: '2026-06', months: 15 },
          rows: [
            { year: 2025, segments: [{ from: '2025-01', to: '2025-09', months: 9 }] },
            { year: 2026, segments: [{ from: '2026-01', to: '2026-06', months: 6 }] },
          ],
          excludedPeriods: [{ from: '2025-10', to: '2025-12', code: 'R05', explanation: '与其他地区重复缴费' }],
        } satisfies InformationForm,
      },
    },
  ],
  objection: [
    {
      title: { zh: '金额不符', en: 'an amount does not agree' },
      body: {
        ...incoming,
        data: {
          field: '/amounts/poolTransfer',
          expected: '65000.00',
          received: '66000.00',
          code: 'R10',
          explanation: '与各年基数计算结果不符',
        },
      },
    },
  ],
  completion: [
    {
      title: { zh: '办结', en: 'completed' },
      body: {
        ...incoming,
        data: {
          completedOn: '2026-11-20',
          relationContinuedAs: { insuranceType: '110', accountKind: 'general', personalNumber: 'CD0098765432' },
        } satisfies Completion,
      },
    },
  ],
  withdrawal: [{ title: { zh: '申请人撤回', en: 'the applicant withdrew' }, body: { ...incoming, data: { code: 'R13' } } }],
}
