import type { CaseLine, Step } from '../case-line.ts'
import { type Insured, type InsuredOptions, type InsuredPersonRecord, insuredPerson, withWrongBase } from './insured-persons.ts'
import { mistyped } from './people.ts'
import { type ExampleRegion, pickDivision, placeName, places } from './place.ts'
import type { Random } from './random.ts'

const purpose = 'relation-transfer'
const basis = '国办发〔2009〕66号 城镇企业职工基本养老保险关系转移接续暂行办法'

interface Planned {
  readonly lines: readonly CaseLine[]
  /** What the outgoing region's register holds; null: nothing. */
  readonly record: InsuredPersonRecord | null
}

type Letter = ReturnType<typeof contactLetter>
type Plan = (scene: Scene) => Planned

interface Scene {
  readonly random: Random
  readonly outgoing: ExampleRegion
  readonly number: number
}

/** Transfers from one region, the letters written by its peer, with the records they need; then people who do not move. */
export function insuranceTransfers(random: Random, outgoing: ExampleRegion, stayers: number) {
  const planned = plans.map((plan, at) => plan({ random, outgoing, number: at + 1 }))
  const staying = Array.from({ length: stayers }, (_, at) => {
    const number = plans.length + at + 1
    const status = at % 4 === 3 ? 'stopped' : 'contributing'
    return insuredPerson(random, outgoing, number, { years: random.int(3, 25), more: { status } }).record
  })
  return {
    letters: planned.flatMap(({ lines }) => lines),
    records: [...planned.flatMap(({ record }) => (record === null ? [] : [record])), ...staying],
  }
}

const plans: readonly Plan[] = [
  ...[3, 25, 4, 7, 10, 12, 15, 18, 21, 6, 9, 13].map((years) => usual({ years })),
  usual({ years: 8, pausedYears: 2 }, '停保后两年只计利息', 'two years of interest only'),
  usual({ years: 5, insuranceType: '120' }, '机关事业单位养老保险', 'pension of public institutions'),
  usual({ years: 11, insuranceType: '170' }, '城乡居民养老保险，不划转资金', 'residents: no money moves'),
  usual({ years: 3, insuranceType: '210' }, '失业保险，只有时段和月数', 'unemployment: periods and months'),
  usual({ years: 6, insuranceType: '210' }, '失业保险，只有时段和月数', 'unemployment: periods and months'),
  usual({ years: 9, excluded: 'R05' }, '重复缴费时段不转（R05）', 'a period paid twice stays behind (R05)'),
  usual({ years: 12, excluded: 'R06' }, '一次性缴费时段不转（R06）', 'a lump-sum period stays behind (R06)'),
  usual({ years: 7, excluded: 'R07' }, '无法提供材料的时段不转（R07）', 'a period without material stays behind (R07)'),
  temporaryAccount,
  identityDiffers,
  notInsured,
  usual({ years: 22, startedAt: 38, sex: 'male', more: { status: 'in-payment' } }, '已领取待遇，退回（R03）', 'in payment: returned (R03)'),
  usual(
    { years: 6, startedAt: 42, sex: 'female', more: { relationStays: true } },
    '应建临时账户，退回（R04）',
    'relation stays: returned (R04)',
  ),
  transferredTwice,
  usual({ years: 5, more: { status: 'contributing' } }, '未停保，退回（R09）', 'still contributing: returned (R09)'),
  usual({ years: 8, more: { arrears: true } }, '有欠费，退回（R09）', 'in arrears: returned (R09)'),
  wrongAgency,
  supplemented,
  nameSupplemented,
  disputed,
  disputed,
  withdrawnAtOnce,
  withdrawnLater,
]

/** Without a script: the form comes, or the officer sends the drafted form or return; then the incoming side completes. */
function usual(options: InsuredOptions, zh?: string, en?: string): Plan {
  return (scene) => {
    const insured = insuredPerson(scene.random, scene.outgoing, scene.number, options)
    const line = lineOf(scene, contactLetter(scene, insured))
    return { lines: [zh === undefined || en === undefined ? line : { title: { zh, en }, ...line }], record: insured.record }
  }
}

function temporaryAccount(scene: Scene): Planned {
  const insured = insuredPerson(scene.random, scene.outgoing, scene.number, { years: 14 })
  const line = lineOf(scene, { ...contactLetter(scene, insured), accountKind: 'temporary' })
  return {
    lines: [{ title: { zh: '临时账户：信息表由经办人员发出', en: 'temporary account: an officer sends the form' }, ...line }],
    record: insured.record,
  }
}

function identityDiffers(scene: Scene): Planned {
  const insured = insuredPerson(scene.random, scene.outgoing, scene.number, { years: 10 })
  const line = lineOf(scene, withName(contactLetter(scene, insured), mistyped(scene.random, insured.person)))
  return { lines: [{ title: { zh: '姓名不一致，退回（R01）', en: 'the name differs: returned (R01)' }, ...line }], record: insured.record }
}

function notInsured(scene: Scene): Planned {
  const insured = insuredPerson(scene.random, scene.outgoing, scene.number, { years: 4 })
  const line = lineOf(scene, contactLetter(scene, insured))
  return { lines: [{ title: { zh: '查无记录，退回（R02）', en: 'no record: returned (R02)' }, ...line }], record: null }
}

/** The second letter is written when the first transfer has been completed. */
function transferredTwice(scene: Scene): Planned {
  const insured = insuredPerson(scene.random, scene.outgoing, scene.number, { years: 9 })
  const letter = contactLetter(scene, insured)
  const again = { ...letter, letterNumber: `${letter.letterNumber}-2` }
  return {
    lines: [
      { id: 'moved-before', ...lineOf(scene, letter) },
      {
        after: 'moved-before',
        title: { zh: '同一关系再次申请，退回（R08）', en: 'the same relation again: returned (R08)' },
        ...lineOf(scene, again),
      },
    ],
    record: insured.record,
  }
}

/** A district of the region, but not the one where the person was insured: only an officer sees that. */
function wrongAgency(scene: Scene): Planned {
  const insured = insuredPerson(scene.random, scene.outgoing, scene.number, { years: 6 })
  const data = { code: 'R11', explanation: '联系函所列转出机构的区划代码有误，该人员不在该机构参保。' }
  const line = lineOf(scene, contactLetter(scene, insured), [{ document: 'return', data }])
  return { lines: [{ title: { zh: '机构区划代码错误，退回（R11）', en: 'wrong agency: returned (R11)' }, ...line }], record: null }
}

function supplemented(scene: Scene): Planned {
  const insured = insuredPerson(scene.random, scene.outgoing, scene.number, { years: 16 })
  const letter = contactLetter(scene, insured)
  const line = lineOf(scene, { ...letter, accountKind: 'temporary' }, [
    { document: 'supplement-request', data: { items: [{ item: 'account-kind', why: '本人未满五十周岁，不应建立临时账户，请核对' }] } },
    { document: 'supplement', data: { items: [{ item: 'account-kind', content: '更正为一般账户' }], letter } },
    completion(letter),
  ])
  return {
    lines: [{ title: { zh: '补正账户类别后办结', en: 'the account kind is supplemented, then completed' }, ...line }],
    record: insured.record,
  }
}

function nameSupplemented(scene: Scene): Planned {
  const insured = insuredPerson(scene.random, scene.outgoing, scene.number, { years: 5 })
  const letter = contactLetter(scene, insured)
  const line = lineOf(scene, withName(letter, mistyped(scene.random, insured.person)), [
    { document: 'supplement-request', data: { items: [{ item: 'person-name', why: '姓名与参保登记不一致，请核对身份证件' }] } },
    { document: 'supplement', data: { items: [{ item: 'person-name', content: insured.person.name }], letter } },
    completion(letter),
  ])
  return { lines: [{ title: { zh: '补正姓名后办结', en: 'the name is supplemented, then completed' }, ...line }], record: insured.record }
}

/** The register is put right before the objection arrives, so that the form drafted in answer is the corrected one, version 2. */
function disputed(scene: Scene): Planned {
  const insured = insuredPerson(scene.random, scene.outgoing, scene.number, { years: 8 })
  const { record, pointer, right, wrong } = withWrongBase(insured.record)
  const letter = contactLetter(scene, insured)
  const line = lineOf(scene, letter, [
    { region: scene.outgoing, register: 'insured-persons', record: { ...insured.record } },
    {
      document: 'objection',
      data: { field: pointer, expected: right, received: wrong, code: 'R10', explanation: '与本人工资流水不符，请核对缴费基数。' },
    },
    { document: 'information-form', draft: true },
    completion(letter),
  ])
  return {
    lines: [{ title: { zh: '提出异议，更正信息表（第 2 版）后办结', en: 'objection, corrected form (version 2), completed' }, ...line }],
    record,
  }
}

function withdrawnAtOnce(scene: Scene): Planned {
  const insured = insuredPerson(scene.random, scene.outgoing, scene.number, { years: 7, more: { status: 'contributing' } })
  const line = lineOf(scene, contactLetter(scene, insured), [withdrawal])
  return { lines: [{ title: { zh: '申请人随即撤回（R13）', en: 'withdrawn at once (R13)' }, ...line }], record: insured.record }
}

function withdrawnLater(scene: Scene): Planned {
  const insured = insuredPerson(scene.random, scene.outgoing, scene.number, { years: 11 })
  const request = { items: [{ item: 'legal-document', why: '请提供有关法定文书' }] }
  const line = lineOf(scene, { ...contactLetter(scene, insured), accountKind: 'temporary' }, [
    { document: 'supplement-request', data: request },
    withdrawal,
  ])
  return {
    lines: [{ title: { zh: '要求补正后撤回（R13）', en: 'withdrawn when asked to supplement (R13)' }, ...line }],
    record: insured.record,
  }
}

const withdrawal: Step = { document: 'withdrawal', data: { code: 'R13', explanation: '本人决定继续在原参保地参保。' } }

function completion({ insuranceType, letterNumber }: Letter): Step {
  return {
    document: 'completion',
    data: {
      completedOn: '2026-03-30',
      relationContinuedAs: { insuranceType, accountKind: 'general', personalNumber: `N${letterNumber.slice(-6)}` },
    },
  }
}

function withName(letter: Letter, name: string): Letter {
  return { ...letter, person: { ...letter.person, name } }
}

function contactLetter({ random, outgoing, number }: Scene, { person, division, record }: Insured) {
  const incoming = places[outgoing].peer
  const agency = (region: ExampleRegion, code: string) => ({
    divisionCode: code,
    name: `${placeName(region, code)}社会保险事务中心`,
    address: `${placeName(region, code)}政务服务中心`,
    contact: places[region].telephone,
  })
  return {
    letterNumber: `LX-2026-${places[incoming].province}${String(number).padStart(4, '0')}`,
    incomingAgency: agency(incoming, pickDivision(random, incoming)),
    outgoingAgency: agency(outgoing, division),
    person: { name: person.name, idNumber: person.idNumber, sex: person.sex, householdPlace: person.householdPlace },
    insuranceType: record.insuranceType,
    accountKind: 'general',
  }
}

function lineOf({ outgoing }: Scene, letter: Letter, script?: readonly Step[]): CaseLine {
  return { body: { to: places[outgoing].agency, purpose, basis, data: letter }, ...(script && { script }) }
}
