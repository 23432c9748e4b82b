/** A text for people in both languages of the house. */
export interface Text {
  readonly zh: string
  readonly en: string
}

export type Language = 'zh' | 'en' | 'both'

export const LANGUAGES = ['zh', 'en', 'both'] as const

/** From the usual variables, first one set wins; both when they name neither Chinese nor English. */
export function languageOf(env: Readonly<Record<string, string | undefined>>): Language {
  const locale = env.LC_ALL || env.LC_MESSAGES || env.LANG || ''
  if (/^zh([_.-]|$)/i.test(locale)) return 'zh'
  if (/^en([_.-]|$)/i.test(locale)) return 'en'
  return 'both'
}

/** One line per language. */
export function say({ zh, en }: Text, language: Language): string {
  if (language === 'zh') return `${zh}\n`
  return language === 'en' ? `${en}\n` : `${zh}\n${en}\n`
}
