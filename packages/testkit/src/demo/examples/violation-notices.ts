import { addMonths, type DateText, dateOfDay, dayNumber, type ViolationCode, violationByCode } from '@hefu/reference'
import type { CaseLine, Step } from '../case-line.ts'
import type { ExampleEmployer } from './employers.ts'
import { type ExampleRegion, pickDivision, placeName, places } from './place.ts'
import type { Random } from './random.ts'

const purpose = 'labour-inspection'
const basis = '《劳动保障监察条例》第二十二条；《成渝双城经济圈劳动保障监察合作协议》'

interface Kind {
  readonly code: ViolationCode
  readonly publication: string
  readonly amount: boolean
  readonly facts: string
}

const kinds: readonly Kind[] = [
  { code: 'WG-01', publication: 'P1', amount: true, facts: '拖欠劳动者工资，经责令限期支付后仍未付清。' },
  { code: 'WG-02', publication: 'P1', amount: true, facts: '支付的工资低于当地最低工资标准。' },
  { code: 'WG-05', publication: 'P7', amount: false, facts: '未编制工资支付台账，未向劳动者提供工资清单。' },
  { code: 'WG-07', publication: 'P7', amount: false, facts: '工程项目未按规定开设农民工工资专用账户。' },
  { code: 'WG-09', publication: 'P7', amount: false, facts: '施工现场未实行劳动用工实名制管理。' },
  { code: 'RV-01', publication: 'P3', amount: false, facts: '安排劳动者超时加班，月加班时间超过法定上限。' },
  { code: 'SI-01', publication: 'P2', amount: true, facts: '申报社会保险缴费时瞒报职工人数。' },
  { code: 'SI-03', publication: 'P2', amount: false, facts: '自用工之日起未为职工办理社会保险登记。' },
  { code: 'CT-01', publication: 'P7', amount: false, facts: '未与劳动者订立书面劳动合同。' },
  { code: 'CL-01', publication: 'P5', amount: false, facts: '招用未满十六周岁的未成年人。' },
  { code: 'WM-05', publication: 'P4', amount: false, facts: '女职工产假少于法定天数。' },
  { code: 'OB-02', publication: 'P7', amount: false, facts: '不按要求报送书面材料，隐瞒事实真相。' },
  { code: 'HM-02', publication: 'P7', amount: false, facts: '发布虚假招聘信息。' },
  { code: 'PA-03', publication: 'P7', amount: false, facts: '以算法奖惩诱导劳动者超时劳动。' },
]

/** Lengths of publicity in months that each class allows. */
const publicMonths = { minor: [1, 3], general: [3, 12], serious: [12, 36] } as const

interface Draft {
  readonly number: number
  readonly suspected: ReturnType<typeof suspectedNotice>
  readonly decided: ReturnType<typeof decidedNotice>
  readonly decidedOn: DateText
}

/** Notices from one region about employers registered in its peer; every awkward way a notice can go is among them. */
export function violationNotices(random: Random, from: ExampleRegion, employers: readonly ExampleEmployer[], count: number): CaseLine[] {
  return Array.from({ length: count }, (_, at) => {
    const draft = draftOf(random, from, random.pick(employers), at + 1)
    const { title, data, script } = courses[at % courses.length]?.(draft, from) ?? plain(draft, from)
    return { ...(title && { title }), body: { to: places[places[from].peer].agency, purpose, basis, data }, ...(script && { script }) }
  })
}

type Course = (draft: Draft, from: ExampleRegion) => Omit<CaseLine, 'body'> & { readonly data: unknown }

/** Without a script the home side files a decided notice. */
const plain: Course = ({ decided }) => ({ data: decided })

const suspectedOnly: Course = ({ suspected }) => ({
  title: { zh: '立案，尚未作出决定', en: 'suspected: nothing decided yet' },
  data: suspected,
  script: [],
})

const courses: readonly Course[] = [
  plain,
  plain,
  suspectedOnly,
  plain,
  (draft) => ({ title: { zh: '重大违法，即时通报', en: 'major: sent at once' }, data: { ...draft.decided, severity: 'major' } }),
  plain,
  (draft, from) => ({
    title: { zh: '立案后作出决定', en: 'suspected, then decided' },
    data: draft.suspected,
    script: [
      correction(draft.decided, ['stage', 'dispositions', 'creditClass', 'publicUntil', 'publication'], '案件已办结，作出处理决定。'),
      filing(draft, from),
    ],
  }),
  plain,
  (draft, from) => ({
    title: { zh: '归档后更正人数，再次归档', en: 'filed, corrected, filed again' },
    data: draft.decided,
    script: [
      filing(draft, from),
      correction(withFewerWorkers(draft.decided), ['violations'], '复核后核减一名劳动者。'),
      filing(draft, from),
    ],
  }),
  plain,
  (draft, from) => ({
    title: { zh: '归档后信用修复', en: 'filed, then the credit was repaired' },
    data: draft.decided,
    script: [filing(draft, from), repair(draft, from)],
  }),
  plain,
  (draft, from) => ({
    title: { zh: '归档后决定被撤销', en: 'filed, then the decision was annulled' },
    data: draft.decided,
    script: [filing(draft, from), annulled(draft)],
  }),
  plain,
  (draft) => ({
    title: { zh: '重大违法，仅立案', en: 'major, still a suspicion' },
    data: { ...draft.suspected, severity: 'major' },
    script: [],
  }),
  plain,
  (draft) => ({
    title: { zh: '发送有误，撤回', en: 'sent in error, retracted' },
    data: draft.suspected,
    script: [{ document: 'retraction', data: { reason: 'sent-in-error', explanation: '用人单位名称相近，误发。' } }],
  }),
  plain,
  (draft, from) => ({
    title: { zh: '已修复后决定被撤销', en: 'repaired, then the decision was annulled' },
    data: draft.decided,
    script: [filing(draft, from), repair(draft, from), annulled(draft)],
  }),
  plain,
]

function draftOf(random: Random, from: ExampleRegion, employer: ExampleEmployer, number: number): Draft {
  const kind = random.pick(kinds)
  const opened = random.int(dayNumber('2025-03-01' as DateText), dayNumber('2025-11-30' as DateText))
  const suspected = suspectedNotice(random, from, employer, kind, opened)
  const decidedOn = dateOfDay(opened + random.int(20, 80))
  return { number, suspected, decided: decidedNotice(random, from, suspected, kind, decidedOn), decidedOn }
}

function suspectedNotice(random: Random, from: ExampleRegion, employer: ExampleEmployer, kind: Kind, opened: number) {
  const { area, articles } = violationByCode[kind.code]
  const workersAffected = random.int(1, 60)
  const place = placeName(from, pickDivision(random, from))
  return {
    stage: 'suspected',
    employer,
    violations: [
      {
        code: kind.code,
        area,
        articles: [articles[0]],
        period: { from: dateOfDay(opened - random.int(60, 300)), to: dateOfDay(opened - random.int(1, 50)) },
        workersAffected,
        ...(kind.amount && { amountYuan: `${workersAffected * random.int(2_000, 18_000)}.${random.pick(['00', '50'])}` }),
      },
    ],
    facts: `该单位在${place}用工期间，${kind.facts}`,
    severity: 'ordinary',
    contactAgency: { agency: places[from].agency, name: `${places[from].city}劳动保障监察总队`, telephone: places[from].telephone },
  }
}

function decidedNotice(
  random: Random,
  from: ExampleRegion,
  suspected: ReturnType<typeof suspectedNotice>,
  kind: Kind,
  decidedOn: DateText,
) {
  const creditClass = random.pick(['minor', 'general', 'general', 'serious'] as const)
  const [least, most] = publicMonths[creditClass]
  const { short } = places[from]
  const year = decidedOn.slice(0, 4)
  const ordered = { code: 'ORDER_CORRECT', decisionNumber: `${short}人社监令〔${year}〕${random.int(1, 399)}号`, decidedOn }
  const fine = {
    code: 'FINE',
    decisionNumber: `${short}人社监罚〔${year}〕${random.int(1, 399)}号`,
    decidedOn,
    amountYuan: `${random.int(2, 40) * 500}.00`,
  }
  return {
    ...suspected,
    stage: 'decided',
    dispositions: creditClass === 'minor' ? [ordered] : [ordered, fine],
    creditClass,
    publicUntil: addMonths(decidedOn, random.int(least, most)),
    publication: creditClass === 'serious' ? { publishable: true, class: kind.publication } : { publishable: false },
  }
}

function withFewerWorkers(notice: Draft['decided']): Draft['decided'] {
  return { ...notice, violations: notice.violations.map((one) => ({ ...one, workersAffected: one.workersAffected - 1 })) }
}

function correction(notice: Draft['decided'], changed: readonly string[], why: string): Step {
  return { document: 'correction', data: { notice, changed, why } }
}

function filing({ number, decidedOn, decided }: Draft, from: ExampleRegion): Step {
  const { short } = places[places[from].peer]
  const enteredOn = dateOfDay(dayNumber(decidedOn) + 6)
  return {
    document: 'filing',
    data: {
      entryNumber: `${short}信档〔${enteredOn.slice(0, 4)}〕${String(number).padStart(6, '0')}`,
      enteredOn,
      keyInspectionTarget: decided.creditClass === 'serious',
    },
  }
}

function repair({ number, decidedOn }: Draft, from: ExampleRegion): Step {
  const repairedOn = dateOfDay(dayNumber(decidedOn) + 30)
  return {
    document: 'repair',
    data: {
      repairedOn,
      decisionNumber: `${places[from].short}人社信修〔${repairedOn.slice(0, 4)}〕${number}号`,
      explanation: '已改正违法行为并履行处理决定。',
    },
  }
}

function annulled({ number }: Draft): Step {
  return {
    document: 'retraction',
    data: { reason: 'decision-annulled', decisionNumber: `复决〔2026〕${number}号`, explanation: '处理决定经行政复议撤销。' },
  }
}
