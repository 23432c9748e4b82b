import type { Bilingual } from '../text.ts'

/** What the statutes provide, worded once for all violations that share it. A text for people: no amount is computed from it. */
export const violationPenalties = {
  addition: {
    zh: '责令限期支付；逾期不支付的，按应付金额50%以上1倍以下加付赔偿金',
    en: 'Order to pay in time, else 50 to 100 per cent of the amount in addition',
  },
  ledger: {
    zh: '责令限期改正；逾期不改正的，对单位处2万元以上5万元以下罚款，对主要负责人和直接责任人员处1万元以上3万元以下罚款',
    en: 'Order to correct, else a fine of 20,000 to 50,000 yuan for the unit and 10,000 to 30,000 for the persons responsible',
  },
  stop: {
    zh: '责令限期改正；逾期不改正的，责令项目停工，并处5万元以上10万元以下罚款；情节严重的，限制承接新工程、降低资质等级、吊销资质证书',
    en: 'Order to correct, else work on the project stops with a fine of 50,000 to 100,000 yuan; in serious cases limits on new works, or loss of qualification',
  },
  site: { zh: '责令限期改正；逾期不改正的，处5万元以上10万元以下罚款', en: 'Order to correct, else a fine of 50,000 to 100,000 yuan' },
  client: {
    zh: '责令限期改正；逾期不改正的，责令项目停工，并处5万元以上10万元以下罚款',
    en: 'Order to correct, else work on the project stops with a fine of 50,000 to 100,000 yuan',
  },
  police: { zh: '移送公安机关', en: 'Transfer to the police' },
  order: { zh: '责令改正', en: 'Order to correct' },
  hours: {
    zh: '给予警告，责令限期改正，并可按受侵害劳动者每人100元以上500元以下处以罚款',
    en: 'Warning, order to correct, and a fine of 100 to 500 yuan per worker affected',
  },
  perPerson: {
    zh: '责令改正，按受侵害劳动者每人1000元以上5000元以下处以罚款',
    en: 'Order to correct, and a fine of 1,000 to 5,000 yuan per worker affected',
  },
  forwarded: { zh: '不由劳动保障监察处理，移送有权机关', en: 'Not handled by labour inspection: forwarded to the competent authority' },
  understated: {
    zh: '责令改正，并处瞒报工资数额1倍以上3倍以下罚款',
    en: 'Order to correct, and a fine of one to three times the wages hidden',
  },
  fraud: {
    zh: '责令退回；按后法、上位法处骗取金额2倍以上5倍以下罚款（《劳动保障监察条例》原为1倍以上3倍以下）',
    en: 'Repayment, and by the later and higher law a fine of two to five times the amount (one to three times in the older regulations)',
  },
  registration: {
    zh: '责令限期改正；逾期不改正的，对单位处应缴社会保险费数额1倍以上3倍以下罚款，并对直接负责人员处以罚款',
    en: 'Order to correct, else a fine of one to three times the premium due, and a fine for the persons responsible',
  },
  unset: { zh: '按试点办法处理，未设定罚款数额', en: 'By the pilot measures; no fine is set' },
  guidance: {
    zh: '约谈、指导或者移送；人力资源社会保障部门无法定罚款权',
    en: 'Talk, guidance or transfer; no statutory fine of these bureaus',
  },
  child: { zh: '每使用一名童工每月处5000元罚款', en: 'Fine of 5,000 yuan per child and month' },
  agency: {
    zh: '予以关闭或者责令停止活动，没收违法所得，并处1万元以上5万元以下罚款',
    en: 'Closure or order to stop, confiscation, and a fine of 10,000 to 50,000 yuan',
  },
  correctConfiscateFine: { zh: '责令改正，没收违法所得，并处罚款', en: 'Order to correct, confiscation, and a fine' },
  correctFine: { zh: '责令改正；拒不改正的，处以罚款', en: 'Order to correct, else a fine' },
  licence: {
    zh: '责令改正，没收违法所得，并处1万元以上5万元以下罚款；情节严重的，吊销许可证',
    en: 'Order to correct, confiscation, a fine of 10,000 to 50,000 yuan; in serious cases loss of the licence',
  },
  obstruction: { zh: '责令改正，处2000元以上2万元以下罚款', en: 'Order to correct, and a fine of 2,000 to 20,000 yuan' },
  retaliation: {
    zh: '责令改正；构成违反治安管理行为的，移送公安机关',
    en: 'Order to correct; transfer to the police where public order is violated',
  },
} as const satisfies Record<string, Bilingual>

export type ViolationPenaltyCode = keyof typeof violationPenalties
