import { organisationCheckCharacter, usccCheckCharacter } from '@hefu/reference'
import { examplePerson } from './people.ts'
import { type ExampleRegion, pickDivision, placeName, places } from './place.ts'
import type { Random } from './random.ts'

export interface ExampleEmployer {
  readonly uscc: string
  readonly name: string
  readonly registeredAddress: string
  readonly divisionCode?: string
  readonly legalRepresentative: string
}

const brands = [...'鼎盛恒泰宏远金瑞天辰永信嘉和锦华渝航蓉创安顺博达川汇众诚立新启明凌云同德万里汉江']
const trades = [
  '建筑劳务',
  '建设工程',
  '物流',
  '餐饮管理',
  '电子科技',
  '机械制造',
  '物业服务',
  '人力资源',
  '服装',
  '网络科技',
  '家政服务',
  '装饰工程',
]
const streets = ['人民路', '思源路', '建设路', '滨江路', '科园路', '工业大道', '兴业街', '金桥路']

/** Abolished on 2025-11-06: credit codes keep them for ever, an address should not. */
const abolished = ['500112', '500105'] as const

/**
 * Employers registered in one region. In Chongqing every tenth has a code of an abolished district inside its credit code,
 * which is history; and every twentieth still gives one as its address, which is a warning.
 */
export function exampleEmployers(random: Random, region: ExampleRegion, count: number): ExampleEmployer[] {
  return Array.from({ length: count }, (_, at) => {
    const division = pickDivision(random, region)
    const old = region === '500000' && at % 10 === 3 ? random.pick(abolished) : null
    const stale = old !== null && at % 20 === 3
    const address = stale ? old : division
    return {
      uscc: exampleUscc(random, old ?? division),
      name: `${places[region].city.slice(0, 2)}${random.pick(brands)}${random.pick(brands)}${random.pick(trades)}有限公司`,
      registeredAddress: `${placeName(region, address)}${random.pick(streets)}${random.int(1, 399)}号`,
      divisionCode: address,
      legalRepresentative: examplePerson(random, region, { from: 1962, to: 1992 }).name,
    }
  })
}

function exampleUscc(random: Random, division: string): string {
  const organisation = `MA${Array.from({ length: 6 }, () => random.pick([...'0123456789ABCDEFGHJKLMNPQRTUWXY'])).join('')}`
  const code = `91${division}${organisation}${organisationCheckCharacter(organisation)}`
  return code + usccCheckCharacter(code)
}
