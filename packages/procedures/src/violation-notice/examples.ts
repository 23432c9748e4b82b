import type { DocumentExample } from '../engine/procedure.ts'
import { employerExample } from '../registers/employers.ts'
import type { Correction, DecidedNotice, Filing, Notice, Repair } from './documents.ts'

const purpose = 'labour-inspection'
const basis = '《劳动保障监察条例》第二十二条；《成渝双城经济圈劳动保障监察合作协议》'
const opening = { from: '510100-0001', to: '500000-0001', purpose, basis }

const suspected: Notice = {
  stage: 'suspected',
  employer: employerExample,
  violations: [
    {
      code: 'WG-01',
      area: 'WG',
      articles: ['LSSR-26-1'],
      period: { from: '2025-10-01', to: '2025-12-31' },
      workersAffected: 37,
      amountYuan: '486200.00',
    },
  ],
  facts: '该单位在成都市锦江区某项目用工期间，拖欠37名劳动者2025年10月至12月工资。',
  severity: 'ordinary',
  contactAgency: { agency: '510100-0001', name: '成都市劳动保障监察总队', telephone: '028-12333' },
}

const decided: DecidedNotice = {
  ...suspected,
  stage: 'decided',
  dispositions: [
    { code: 'ORDER_CORRECT', decisionNumber: '成人社监令〔2026〕011号', decidedOn: '2026-01-09' },
    { code: 'FINE', decisionNumber: '成人社监罚〔2026〕018号', decidedOn: '2026-01-16', amountYuan: '20000.00' },
  ],
  creditClass: 'serious',
  publicUntil: '2028-12-31',
  publication: { publishable: true, class: 'P1' },
}

const corrected: Correction = {
  notice: {
    ...decided,
    violations: decided.violations.map((violation) => ({ ...violation, workersAffected: 36, amountYuan: '472800.00' })),
  },
  changed: ['violations'],
  why: '复核后核减一名劳动者，其工资已在立案前结清。',
}

const filed: Filing = {
  entryNumber: '渝信档〔2026〕000318',
  enteredOn: '2026-01-20',
  keyInspectionTarget: true,
  remarks: '列入2026年重点检查对象。',
}

const repaired: Repair = {
  repairedOn: '2026-02-11',
  decisionNumber: '成人社信修〔2026〕007号',
  explanation: '工资已全部支付并履行处罚决定。',
}

export const noticeExamples: readonly DocumentExample[] = [
  { title: { zh: '已作出处理决定', en: 'Decided' }, body: { ...opening, data: decided } },
  { title: { zh: '立案（涉嫌）', en: 'Suspected' }, body: { ...opening, data: suspected } },
]

export const correctionExamples: readonly DocumentExample[] = [
  { title: { zh: '更正人数和金额', en: 'Number of workers and amount corrected' }, body: { purpose, basis, data: corrected } },
  {
    title: { zh: '由立案转为处理决定', en: 'From suspected to decided' },
    body: {
      purpose,
      basis,
      data: {
        notice: decided,
        changed: ['stage', 'dispositions', 'creditClass', 'publicUntil', 'publication'],
        why: '案件已办结，作出处理决定。',
      } satisfies Correction,
    },
  },
]

export const filingExamples: readonly DocumentExample[] = [
  { title: { zh: '录入守法诚信档案', en: 'Entered in the integrity file' }, body: { purpose, basis, data: filed } },
]

export const retractionExamples: readonly DocumentExample[] = [
  {
    title: { zh: '决定被撤销', en: 'Decision annulled' },
    body: {
      purpose,
      basis,
      data: { reason: 'decision-annulled', decisionNumber: '川府复决〔2026〕042号', explanation: '处罚决定经行政复议撤销。' },
    },
  },
]

export const repairExamples: readonly DocumentExample[] = [
  { title: { zh: '信用修复', en: 'Credit repaired' }, body: { purpose, basis, data: repaired } },
]
