import { type Career, pensionRows } from './careers.ts'
import type { ExamplePerson } from './people.ts'
import { examplePerson } from './people.ts'
import { type ExampleRegion, pickDivision, places, twoDigits } from './place.ts'
import type { Random } from './random.ts'

type PensionRow = ReturnType<typeof pensionRows>[number]

export interface InsuredPersonRecord {
  readonly relationNumber: string
  readonly agency: string
  readonly person: Omit<ExamplePerson, 'householdPlace'>
  readonly insuranceType: string
  readonly workStart?: string
  readonly firstContribution: string
  readonly accountOpened?: string
  readonly periods: readonly { readonly from: string; readonly to: string; readonly months: number }[]
  readonly pre98Personal?: string
  readonly rows: readonly (PensionRow | Pick<PensionRow, 'year' | 'segments'>)[]
  readonly excludedPeriods?: readonly {
    readonly from: string
    readonly to: string
    readonly code: string
    readonly explanation: string
    readonly personToldOn?: string
  }[]
  readonly status: 'contributing' | 'stopped' | 'in-payment'
  readonly arrears?: boolean
  readonly relationStays?: boolean
}

export interface Insured {
  readonly person: ExamplePerson
  readonly division: string
  readonly record: InsuredPersonRecord
}

export interface InsuredOptions {
  readonly insuranceType?: string
  /** Yearly rows, 3 to 25. */
  readonly years: number
  readonly sex?: 'male' | 'female'
  /** Age when the first contribution was paid; 20 to 28 when absent. */
  readonly startedAt?: number
  /** How many years ago, before 2025, the last contribution was paid; the years since then are rows that only bear interest. */
  readonly pausedYears?: number
  /** Reason of one period in the third year that stays behind. */
  readonly excluded?: 'R05' | 'R06' | 'R07'
  readonly more?: Pick<InsuredPersonRecord, 'pre98Personal' | 'arrears' | 'relationStays'> & {
    readonly status?: InsuredPersonRecord['status']
  }
}

const reasons = {
  R05: '该时段与其他地区重复缴费，个人部分退还本人。',
  R06: '一次性缴费超过三年，缺少书面承诺书。',
  R07: '属地方自行政策缴费，无法提供材料。',
} as const

/** A person insured in the region, whose career follows from the options; months, balances and identity agree. */
export function insuredPerson(random: Random, region: ExampleRegion, number: number, options: InsuredOptions): Insured {
  const insuranceType = options.insuranceType ?? '110'
  const lastYear = 2025 - (options.pausedYears ?? 0)
  const firstYear = 2026 - options.years
  const firstMonth = random.int(1, 9)
  const birthYear = firstYear - (options.startedAt ?? random.int(20, 28))
  // Most move away from where they were born, so that half of the identity numbers name the other region.
  const person = examplePerson(random, random.pick([region, places[region].peer]), { from: birthYear, to: birthYear }, options.sex)
  const division = pickDivision(random, region)
  const without = options.excluded && { from: `${firstYear + 2}-02`, to: `${firstYear + 2}-${options.excluded === 'R06' ? '12' : '06'}` }
  const career: Career = { firstYear, firstMonth, lastYear, lastMonth: random.int(3, 12), ...(without && { without }) }
  const rows = pensionRows(random, career)
  const segments = rows.flatMap((row) => row.segments)
  const first = segments[0]?.from ?? ''
  const pension = insuranceType === '110'
  const { householdPlace, ...identity } = person
  return {
    person,
    division,
    record: {
      relationNumber: `${division}-${insuranceType}-${String(number).padStart(8, '0')}`,
      agency: places[region].agency,
      person: identity,
      insuranceType,
      workStart: `${first}-${twoDigits(random.int(1, 28))}`,
      firstContribution: first,
      ...(pension && { accountOpened: first }),
      periods: [{ from: first, to: segments.at(-1)?.to ?? '', months: segments.reduce((sum, { months }) => sum + months, 0) }],
      rows: pension ? rows : rows.filter((row) => row.segments.length > 0).map(withoutMoney),
      ...(without &&
        options.excluded && { excludedPeriods: [{ ...without, code: options.excluded, explanation: reasons[options.excluded] }] }),
      status: 'stopped',
      ...options.more,
    },
  }
}

/** Types other than 110 are kept and handed over as periods and months. */
function withoutMoney({ year, segments }: PensionRow) {
  return { year, segments: segments.map(({ from, to, months }) => ({ from, to, months })) as PensionRow['segments'] }
}

/** The record as the agency had it before it noticed that a base was entered too high by 500 yuan a month. */
export function withWrongBase(record: InsuredPersonRecord): {
  readonly record: InsuredPersonRecord
  readonly pointer: string
  readonly right: string
  readonly wrong: string
} {
  const at = 1
  const row = record.rows[at]
  const segment = row?.segments[0]
  if (row === undefined || segment === undefined) throw new RangeError('the second year has no contributions')
  const [yuan, fen] = segment.monthlyBase.split('.')
  const wrong = `${Number(yuan) + 500}.${fen}`
  const segments = row.segments.map((one, index) => (index === 0 ? { ...one, monthlyBase: wrong } : one))
  return {
    record: { ...record, rows: record.rows.map((one, index) => (index === at ? { ...one, segments } : one)) },
    pointer: `/rows/${at}/segments/0/monthlyBase`,
    right: segment.monthlyBase,
    wrong,
  }
}
