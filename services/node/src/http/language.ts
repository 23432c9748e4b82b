import type { Text } from '@hefu/procedures'

/** What texts are shown in; `both` when the caller named neither. */
export type Language = 'zh' | 'en' | 'both'

/** Reads Accept-Language (RFC 9110 section 12.5.4): the better of zh and en; both texts when it names neither. Never throws. */
export function readLanguage(header: string | undefined): Language {
  if (header === undefined || header.length > 500) return 'both'
  const wish = { zh: 0, en: 0 }
  for (const part of header.split(',')) {
    const [, tag, q] = /^\s*([A-Za-z]{2})(?:-[A-Za-z0-9-]+)?\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?$/.exec(part) ?? []
    const language = tag?.toLowerCase()
    if (language === 'zh' || language === 'en') wish[language] = Math.max(wish[language], q === undefined ? 1 : Number(q))
  }
  if (wish.zh === 0 && wish.en === 0) return 'both'
  // Equal wishes: the first named, as people write them.
  if (wish.zh === wish.en) return /^[^,]*\ben\b/i.test(header) ? 'en' : 'zh'
  return wish.zh > wish.en ? 'zh' : 'en'
}

export function localise(text: Text, language: Language): string {
  return language === 'both' ? `${text.zh} / ${text.en}` : text[language]
}
