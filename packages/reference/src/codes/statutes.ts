import type { Bilingual } from '../text.ts'
import { byCode, type CodeEntry } from './code-list.ts'

/** The statutes that violations are anchored in, by the prefix of their articles' codes. */
export const statutes = {
  LSSR: { zh: '劳动保障监察条例', en: 'Regulations on Labour Security Supervision' },
  MWPR: { zh: '保障农民工工资支付条例', en: 'Regulations on Ensuring Wage Payment to Migrant Workers' },
  SIL: { zh: '中华人民共和国社会保险法', en: 'Social Insurance Law' },
  SIAR: { zh: '社会保险经办条例', en: 'Social Insurance Administration Regulations' },
  HRMR: { zh: '人力资源市场暂行条例', en: 'Interim Regulations on the Human Resources Market' },
  CLP: { zh: '禁止使用童工规定', en: 'Provisions on the Prohibition of Child Labour' },
  EPL: { zh: '中华人民共和国就业促进法', en: 'Employment Promotion Law' },
  OIPM: { zh: '新就业形态人员职业伤害保障试点办法', en: 'Pilot Measures for Occupational Injury Protection in New Forms of Employment' },
  NEFO: {
    zh: '关于维护新就业形态劳动者劳动保障权益的指导意见（人社部发〔2021〕56号）',
    en: 'Guiding Opinions on the Labour Rights of Workers in New Forms of Employment (2021, No. 56)',
  },
  NEFG: {
    zh: '新就业形态劳动者权益保障三项指引（人社厅发〔2023〕50号）',
    en: 'Three Guides on the Rights of Workers in New Forms of Employment (2023, No. 50)',
  },
  ARMP: { zh: '互联网信息服务算法推荐管理规定', en: 'Provisions on Algorithmic Recommendation in Internet Information Services' },
} as const satisfies Record<string, Bilingual>

export type StatuteCode = keyof typeof statutes

/** `{statute}[-{article}[-{item} | -P{paragraph}]]`: `LSSR-26-1` is article 26, item (1); `LSSR-27-P2` article 27, second paragraph. */
export const statuteArticleCodes = [
  'LSSR-23-1',
  'LSSR-23-2',
  'LSSR-23-3',
  'LSSR-23-4',
  'LSSR-23-5',
  'LSSR-23-6',
  'LSSR-23-7',
  'LSSR-23-8',
  'LSSR-24',
  'LSSR-25',
  'LSSR-26-1',
  'LSSR-26-2',
  'LSSR-26-3',
  'LSSR-27-P1',
  'LSSR-27-P2',
  'LSSR-28',
  'LSSR-29-1',
  'LSSR-29-2',
  'LSSR-29-3',
  'LSSR-29-4',
  'LSSR-30-1',
  'LSSR-30-2',
  'LSSR-30-3',
  'LSSR-30-4',
  'LSSR-35',
  'MWPR-15',
  'MWPR-41',
  'MWPR-54-1',
  'MWPR-54-2',
  'MWPR-54-3',
  'MWPR-55-1',
  'MWPR-55-2',
  'MWPR-55-3',
  'MWPR-56',
  'MWPR-57',
  'SIL-84',
  'SIL-88',
  'SIAR-55',
  'HRMR-42',
  'HRMR-43',
  'HRMR-44',
  'CLP-6',
  'EPL-62',
  'OIPM',
  'NEFO',
  'NEFG',
  'ARMP',
] as const satisfies readonly `${StatuteCode}${'' | `-${string}`}`[]

export type StatuteArticleCode = (typeof statuteArticleCodes)[number]
export type StatuteArticle = CodeEntry<StatuteArticleCode> & { readonly statute: StatuteCode }

export const statuteArticles: readonly StatuteArticle[] = statuteArticleCodes.map(describe)
export const statuteArticleByCode = byCode<StatuteArticleCode, StatuteArticle>(statuteArticles)

function describe(code: StatuteArticleCode): StatuteArticle {
  const [statute, article, part] = code.split('-') as [StatuteCode, string?, string?]
  const { zh, en } = statutes[statute]
  if (article === undefined) return { code, statute, zh: `《${zh}》`, en }
  if (part === undefined) return { code, statute, zh: `《${zh}》第${article}条`, en: `${en}, Article ${article}` }
  if (part.startsWith('P')) {
    const paragraph = part.slice(1)
    return { code, statute, zh: `《${zh}》第${article}条第${paragraph}款`, en: `${en}, Article ${article}, paragraph ${paragraph}` }
  }
  return { code, statute, zh: `《${zh}》第${article}条第（${part}）项`, en: `${en}, Article ${article}(${part})` }
}
