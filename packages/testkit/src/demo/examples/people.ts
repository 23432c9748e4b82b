import { residentIdCheckCharacter, type Sex } from '@hefu/reference'
import { type ExampleRegion, pickDivision, placeName, twoDigits } from './place.ts'
import type { Random } from './random.ts'

/** A person who does not exist, with an identity number whose check character is right. */
export interface ExamplePerson {
  readonly name: string
  readonly idNumber: string
  readonly sex: Sex
  readonly birthDate: string
  readonly householdPlace: string
}

const surnames = [
  ...'王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭',
]
const given = {
  male: [...'伟强磊军勇杰涛明超刚平辉鹏华飞鑫波斌宇浩凯健俊帆博文志建国海峰建东成泽林'],
  female: [...'芳娜敏静丽艳娟霞秀燕玲桂英慧莹洁雪琳晶倩婷颖露瑶怡佳欣雅梅兰萍红玉琴云'],
}

export function examplePerson(random: Random, region: ExampleRegion, born: { from: number; to: number }, sex?: Sex): ExamplePerson {
  const of = sex ?? random.pick(['male', 'female'] as const)
  const [year, month, day] = [random.int(born.from, born.to), twoDigits(random.int(1, 12)), twoDigits(random.int(1, 28))]
  const division = pickDivision(random, region)
  // Odd sequence numbers are male.
  const sequence = String(random.int(0, 499) * 2 + (of === 'male' ? 1 : 0)).padStart(3, '0')
  const digits = `${division}${year}${month}${day}${sequence}`
  const characters = Array.from({ length: random.int(1, 2) }, () => random.pick(given[of])).join('')
  return {
    name: random.pick(surnames) + characters,
    idNumber: digits + residentIdCheckCharacter(digits),
    sex: of,
    birthDate: `${year}-${month}-${day}`,
    householdPlace: placeName(region, division),
  }
}

/** The name as somebody mistyped it: never the same. */
export function mistyped(random: Random, { name, sex }: ExamplePerson): string {
  const last = random.pick(given[sex].filter((character) => character !== name.at(-1)))
  return name.slice(0, -1) + last
}
