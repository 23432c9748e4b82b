/** What each rule of the wire's own asks for, by rule; zod words its built-in rules itself. */
export const ruleTexts = {
  region: { zh: '区域须为六位行政区划代码', en: 'a region is a six-digit division code' },
  agency: { zh: '机构须为行政区划代码、“-”和四位数字', en: 'an agency is a division code, "-", four digits' },
  caseNumber: { zh: '不是办件编号', en: 'not a case number' },
  jti: { zh: '须为小写的 UUIDv7', en: 'a UUIDv7 in lower case' },
  digest: { zh: '须为 base64url 形式的 SHA-256 摘要', en: 'a SHA-256 digest, base64url' },
  salt: { zh: '须为 16 字节的 base64url 文本', en: '16 bytes, base64url' },
  keyBytes: { zh: '须为 32 字节的 base64url 文本', en: '32 bytes, base64url' },
  thumbprint: { zh: '须为公钥指纹（RFC 7638）', en: 'an RFC 7638 thumbprint' },
  versionedName: { zh: '须为“名称/版本”', en: 'name/version' },
  plainName: { zh: '须为小写字母、数字和“-”', en: 'lower-case letters, digits and "-"' },
  addressRange: { zh: '须为 IPv4 或 IPv6 地址段，如 10.1.0.0/16', en: 'an IPv4 or IPv6 range such as 10.1.0.0/16' },
  calendarDate: { zh: '须为存在的日期，格式 yyyy-mm-dd', en: 'a date that exists, as yyyy-mm-dd' },
  fieldPointer: { zh: '须为 JSON 指针，“*”表示数组的每一项', en: 'a JSON pointer, with "*" for each element of an array' },
  documentData: { zh: '须为一个对象', en: 'an object' },
} as const

const chineseByEnglish: ReadonlyMap<string, string> = new Map(Object.values(ruleTexts).map(({ zh, en }) => [en, zh]))

/** A zod issue carries one text, the rule's English one: this is the same rule in Chinese; undefined for zod's own rules. */
export function ruleInChinese(en: string): string | undefined {
  return chineseByEnglish.get(en)
}
