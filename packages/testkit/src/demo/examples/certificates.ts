import type { CaseLine, Step } from '../case-line.ts'
import { type ExamplePerson, examplePerson } from './people.ts'
import { type ExampleRegion, places, twoDigits } from './place.ts'
import type { Random } from './random.ts'

const purpose = 'certificate-verification'
const basis = '川渝职业技能等级证书、职称互认合作协议'

interface Certificate {
  readonly kind: 'skill-level' | 'qualification' | 'title'
  readonly number: string
  readonly holder: Pick<ExamplePerson, 'name' | 'idNumber'>
  readonly occupation: string
  readonly level: string
  readonly issueDate: string
}

interface CertificateRecord extends Certificate {
  readonly issuingBody: string
  readonly status: 'valid' | 'revoked'
  readonly revokedOn?: string
  readonly revocationReason?: string
  readonly subsidy?: { readonly paidOn: string; readonly amountYuan: string; readonly paidBy: string }
}

const occupations = [
  '电工',
  '焊工',
  '钳工',
  '保育师',
  '养老护理员',
  '中式烹调师',
  '汽车维修工',
  '美发师',
  '育婴员',
  '物流服务师',
  '数控车工',
  '茶艺师',
]
const qualifications = ['企业人力资源管理师', '消防设施操作员', '安全评价师', '劳动关系协调员']
const series = ['工程系列', '卫生系列', '农业系列', '经济系列', '中小学教师系列']

/** Certificates that a region issued: most valid, some revoked, some with a training subsidy paid. */
export function exampleCertificates(random: Random, region: ExampleRegion, count: number): CertificateRecord[] {
  return Array.from({ length: count }, (_, at) => {
    const certificate = certificateOf(random, region, at)
    const revoked = at % 31 === 30
    const subsidised = !revoked && certificate.kind === 'skill-level' && at % 10 === 4
    return {
      ...certificate,
      issuingBody:
        certificate.kind === 'title' ? `${places[region].city}人力资源和社会保障局` : `${places[region].city}职业技能鉴定指导中心`,
      ...(revoked ? revokedFrom('2025-11-03', '申报材料不实') : { status: 'valid' as const }),
      ...(subsidised && {
        subsidy: { paidOn: '2025-08-15', amountYuan: `${random.int(10, 30) * 100}.00`, paidBy: `${places[region].city}就业服务管理局` },
      }),
    }
  })
}

const kinds = [
  'skill-level',
  'skill-level',
  'title',
  'skill-level',
  'skill-level',
  'qualification',
  'skill-level',
  'title',
  'skill-level',
  'qualification',
] as const

function certificateOf(random: Random, region: ExampleRegion, at: number): Certificate {
  const kind = kinds[at % kinds.length] ?? 'skill-level'
  const { name, idNumber } = examplePerson(random, region, { from: 1968, to: 2001 })
  const year = random.int(2020, 2024)
  const issueDate = `${year}-${twoDigits(random.int(1, 12))}-${twoDigits(random.int(1, 28))}`
  const shared = { holder: { name, idNumber }, issueDate }
  const { province, short } = places[region]
  const [year2, serial] = [String(year).slice(2), String(at + 1)]
  if (kind === 'title') {
    const level = random.pick(['full-senior', 'associate-senior', 'intermediate', 'assistant', 'technician'])
    const number = `${short === '成' ? '川' : short}职${level.endsWith('senior') ? '高' : '评'}字0101${year}${serial.padStart(6, '0')}`
    return { kind, number, ...shared, occupation: random.pick(series), level }
  }
  const level = random.pick(['5', '4', '3', '3', '2', '1'])
  if (kind === 'qualification') {
    const number = `${year2}${province}010${String(random.int(1, 999)).padStart(3, '0')}${level}${serial.padStart(5, '0')}`
    return { kind, number, ...shared, occupation: random.pick(qualifications), level }
  }
  const number = `${random.pick(['S', 'Y'])}0001${province}${String(random.int(1, 99)).padStart(6, '0')}${year2}${level}${serial.padStart(6, '0')}`
  return { kind, number, ...shared, occupation: random.pick(occupations), level }
}

function revokedFrom(revokedOn: string, revocationReason: string) {
  return { status: 'revoked' as const, revokedOn, revocationReason }
}

/** Requests to the region that issued `records`, each about another certificate; every awkward way a request can go is among them. */
export function certificateRequests(
  random: Random,
  issuer: ExampleRegion,
  records: readonly CertificateRecord[],
  count: number,
): CaseLine[] {
  const scene: Scene = { random, issuer, left: [...records] }
  const awkwardOnes = awkward.flatMap((plan) => plan(scene))
  const usual = Array.from({ length: count - awkwardOnes.length }, (_, at) => {
    const use = at % 6 === 2 ? 'hiring' : at % 6 === 4 ? 'subsidy' : 'recognition'
    return lineOf(scene, { certificate: shown(take(scene, isPlain)), use })
  })
  return [...usual, ...awkwardOnes]
}

interface Scene {
  readonly random: Random
  readonly issuer: ExampleRegion
  /** Records that no request has asked about yet. */
  left: CertificateRecord[]
}

const isPlain = (record: CertificateRecord) => record.status === 'valid' && record.subsidy === undefined
const isSkill = (record: CertificateRecord) => isPlain(record) && record.kind === 'skill-level'

const awkward: readonly ((scene: Scene) => readonly CaseLine[])[] = [
  (scene) => [
    title(scene, '高级职称', 'a senior title', (level) => level.endsWith('senior')),
    title(scene, '中级、初级职称', 'a middle or junior title', (level) => !level.endsWith('senior')),
  ],
  (scene) => [mismatch(scene, ({ holder, ...rest }) => ({ ...rest, holder: { ...holder, name: `${holder.name.slice(0, 1)}某` } }), '姓名')],
  (scene) => [mismatch(scene, (certificate) => ({ ...certificate, occupation: '起重装卸机械操作工' }), '职业')],
  (scene) => [mismatch(scene, (certificate) => ({ ...certificate, issueDate: `${certificate.issueDate.slice(0, 4)}-12-29` }), '发证日期')],
  (scene) => [notFound(scene), foundLater(scene)],
  (scene) => [revokedBefore(scene), revokedBefore(scene)],
  (scene) => [
    revokedLater(scene, refusedAfterReview, '复核后不予认可', 'refused after review'),
    revokedLater(scene, keptAfterReview, '复核后仍予认可', 'still recognised'),
  ],
  (scene) => [
    {
      title: { zh: '补贴已在发证地发放', en: 'a subsidy was already paid' },
      ...lineOf(scene, { certificate: shown(take(scene, (record) => record.subsidy !== undefined)), use: 'subsidy' }),
    },
    {
      title: { zh: '补贴已在发证地发放', en: 'a subsidy was already paid' },
      ...lineOf(scene, { certificate: shown(take(scene, (record) => record.subsidy !== undefined)), use: 'subsidy' }),
    },
  ],
  (scene) => [
    {
      title: { zh: '本人撤回', en: 'the person withdrew' },
      ...lineOf(scene, { certificate: shown(take(scene, isSkill)), use: 'recognition' }, [
        { document: 'withdrawal', data: { by: 'person' } },
      ]),
    },
    {
      title: { zh: '用人单位撤回', en: 'the employer withdrew' },
      ...lineOf(scene, { certificate: shown(take(scene, isSkill)), use: 'hiring' }, [{ document: 'withdrawal', data: { by: 'employer' } }]),
    },
  ],
]

function title(scene: Scene, zh: string, en: string, at: (level: string) => boolean): CaseLine {
  const certificate = shown(take(scene, (record) => isPlain(record) && record.kind === 'title' && at(record.level)))
  return { title: { zh, en }, ...lineOf(scene, { certificate, use: 'recognition' }) }
}

function mismatch(scene: Scene, change: (certificate: Certificate) => Certificate, zh: string): CaseLine {
  const certificate = change(shown(take(scene, isSkill)))
  return { title: { zh: `${zh}不一致`, en: 'a field differs from the register' }, ...lineOf(scene, { certificate, use: 'recognition' }) }
}

function notFound(scene: Scene): CaseLine {
  return { title: { zh: '查无此证', en: 'not found' }, ...lineOf(scene, { certificate: unregistered(scene), use: 'recognition' }) }
}

/** The paper archive had it: a later verification corrects the first. */
function foundLater(scene: Scene): CaseLine {
  const certificate = unregistered(scene)
  const record = { ...certificate, issuingBody: `${places[scene.issuer].city}职业技能鉴定指导中心` }
  const script: readonly Step[] = [
    { document: 'verification', draft: true },
    { document: 'verification', data: { outcome: 'authentic', record } },
    { document: 'decision', data: recognised(certificate) },
  ]
  return {
    title: { zh: '先查无此证，查纸质档案后更正', en: 'not found, then found in the paper archive' },
    ...lineOf(scene, { certificate, use: 'recognition' }, script),
  }
}

function revokedBefore(scene: Scene): CaseLine {
  const certificate = shown(take(scene, (record) => record.status === 'revoked'))
  return { title: { zh: '证书已撤销', en: 'the certificate was revoked' }, ...lineOf(scene, { certificate, use: 'recognition' }) }
}

/** The register learns of the revocation after the decision; the node then drafts the notice for the officer. */
function revokedLater(scene: Scene, review: (certificate: Certificate) => unknown, zh: string, en: string): CaseLine {
  const record = take(scene, isSkill)
  const certificate = shown(record)
  const script: readonly Step[] = [
    { document: 'decision', data: recognised(certificate) },
    { region: scene.issuer, register: 'certificates', record: { ...record, ...revokedFrom('2026-03-16', '考核过程违规') } },
    { document: 'revocation', draft: true },
    { document: 'decision', data: review(certificate) },
  ]
  return {
    title: { zh: `认可后证书被撤销，${zh}`, en: `revoked after recognition, ${en}` },
    ...lineOf(scene, { certificate, use: 'recognition' }, script),
  }
}

function recognised({ level }: Certificate) {
  return { outcome: 'recognised', asLevel: level, rule: 'skill-level', ruleVersion: '2026-01' }
}

function refusedAfterReview() {
  return { outcome: 'refused', reason: '证书已被发证机构撤销', rule: 'skill-level', ruleVersion: '2026-01' }
}

function keptAfterReview(certificate: Certificate) {
  return { ...recognised(certificate), reason: '持证人已重新考核合格，保留认可' }
}

/** A certificate of the right structure that the register does not hold. */
function unregistered(scene: Scene): Certificate {
  const { kind, number, ...rest } = shown(take(scene, isSkill))
  const { name, idNumber } = examplePerson(scene.random, scene.issuer, { from: 1975, to: 1999 })
  return { kind, number: number.slice(0, -6) + String(scene.random.int(900_000, 999_999)), ...rest, holder: { name, idNumber } }
}

function shown({ kind, number, holder, occupation, level, issueDate }: CertificateRecord): Certificate {
  return { kind, number, holder, occupation, level, issueDate }
}

function take(scene: Scene, wanted: (record: CertificateRecord) => boolean): CertificateRecord {
  const at = scene.left.findIndex(wanted)
  const [record] = at === -1 ? [] : scene.left.splice(at, 1)
  if (record === undefined) throw new RangeError('too few certificates for the requests')
  return record
}

function lineOf({ issuer }: Scene, data: { certificate: Certificate; use: string }, script?: readonly Step[]): CaseLine {
  return { body: { to: places[issuer].agency, purpose, basis, data }, ...(script && { script }) }
}
