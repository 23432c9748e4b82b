import type { Text } from '@hefu/procedures'
import type { StrictJsonCode } from '@hefu/protocol'
import type { z } from 'zod'
import type { FieldError } from './errors.ts'

type Issue = z.core.$ZodIssue

/** A body with a thousand wrong rows is told the first hundred: the answer stays small. */
const MAX_ERRORS = 100

/**
 * What a schema found wrong, for the caller: pointers, stable codes and texts that say what to do. No value is repeated,
 * and neither is a member name that may be one. Schemas may bring their own code and texts: `params: { code, zh, en }`.
 * With `input` (what was parsed) a missing member is called `required`; without it, `invalid-type`.
 */
export function fieldErrorsOf(error: { readonly issues: readonly Issue[] }, input?: unknown): FieldError[] {
  return error.issues.flatMap((issue) => errorsOf(issue, [], input)).slice(0, MAX_ERRORS)
}

/** A text that is not strict JSON (protocol.md section 1), for the caller. */
export function jsonFieldError(code: StrictJsonCode): FieldError {
  return { pointer: '', code, ...jsonTexts[code] }
}

/** JSON pointer (RFC 6901) of a path. */
export function jsonPointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

function errorsOf(issue: Issue, parent: readonly PropertyKey[], input: unknown): FieldError[] {
  const path = [...parent, ...issue.path]
  const at = (code: string, text: Text): FieldError[] => [{ pointer: jsonPointer(path.slice(0, namedParts(path))), code, ...text }]
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unrecognised(path, key))
    case 'invalid_union':
      return unionErrors(issue, path, input)
    case 'invalid_type':
      return isMissing(input, path) ? at('required', texts.required) : at('invalid-type', typeText(issue.expected))
    case 'invalid_value':
      return isMissing(input, path) ? at('required', texts.required) : at('invalid-value', oneOf(issue.values))
    case 'too_small':
      return at('too-small', boundText(issue.origin, 'small', issue.minimum, issue.inclusive !== false))
    case 'too_big':
      return at('too-big', boundText(issue.origin, 'big', issue.maximum, issue.inclusive !== false))
    case 'invalid_format':
      return at('invalid-format', formatTexts[issue.format] ?? texts.format)
    case 'not_multiple_of':
      return at('not-multiple-of', { zh: `须为 ${issue.divisor} 的倍数`, en: `Must be a multiple of ${issue.divisor}` })
    case 'custom':
      return at(...customText(issue.params))
    case 'invalid_key':
    case 'invalid_element':
      return at('invalid-key', texts.key)
    default:
      return at('invalid', texts.invalid)
  }
}

function unrecognised(path: readonly PropertyKey[], key: string): FieldError {
  return { pointer: jsonPointer(isPlainName(key) ? [...path, key] : path), code: 'unrecognized-key', ...texts.unrecognised }
}

/** Names of members are the caller's text: one that looks like anything but a name (an identity number) is left out. */
function isPlainName(key: PropertyKey): boolean {
  return typeof key !== 'string' || (/^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/.test(key) && !/\d{6}/.test(key))
}

function namedParts(path: readonly PropertyKey[]): number {
  const odd = path.findIndex((part) => !isPlainName(part))
  return odd === -1 ? path.length : odd
}

/** Of several shapes, the one that came closest speaks: the one with the fewest issues, when it got beyond the type. */
function unionErrors(issue: Extract<Issue, { code: 'invalid_union' }>, path: readonly PropertyKey[], input: unknown): FieldError[] {
  const shapes = issue.errors.filter((issues) => issues.some((one) => one.path.length > 0 || one.code === 'unrecognized_keys'))
  const closest = shapes.sort((a, b) => a.length - b.length)[0]
  if (closest) return closest.flatMap((one) => errorsOf(one, path, input))
  const text = isMissing(input, path) ? { code: 'required', ...texts.required } : { code: 'no-variant', ...texts.variant }
  return [{ pointer: jsonPointer(path), ...text }]
}

function isMissing(input: unknown, path: readonly PropertyKey[]): boolean {
  if (input === undefined || path.length === 0) return false
  let value: unknown = input
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return true
    value = (value as Record<PropertyKey, unknown>)[part]
  }
  return value === undefined
}

function customText(params: Readonly<Record<string, unknown>> | undefined): [string, Text] {
  const { code, zh, en } = params ?? {}
  const text = typeof zh === 'string' && typeof en === 'string' ? { zh, en } : texts.invalid
  return [typeof code === 'string' ? code : 'invalid', text]
}

function oneOf(values: readonly unknown[]): Text {
  if (values.length > 20) return texts.list
  const list = values.map((value) => String(value)).join(', ')
  return values.length === 1
    ? { zh: `须为 ${list}`, en: `Must be ${list}` }
    : { zh: `须为以下之一：${list}`, en: `Must be one of: ${list}` }
}

function typeText(expected: string): Text {
  const name = typeNames[expected]
  return name ? { zh: `缺少或类型错误，须为${name.zh}`, en: `Missing or of the wrong type: must be ${name.en}` } : texts.invalid
}

function boundText(origin: string, side: 'small' | 'big', bound: number | bigint, inclusive: boolean): Text {
  const [zhWord, enWord] =
    side === 'small'
      ? inclusive
        ? ['至少', 'at least']
        : ['须大于', 'more than']
      : inclusive
        ? ['至多', 'at most']
        : ['须小于', 'less than']
  if (origin === 'string') return { zh: `${zhWord} ${bound} 个字符`, en: `Must have ${enWord} ${bound} characters` }
  if (origin === 'array' || origin === 'set') return { zh: `${zhWord} ${bound} 项`, en: `Must have ${enWord} ${bound} items` }
  return { zh: `${zhWord} ${bound}`, en: `Must be ${enWord} ${bound}` }
}

const texts = {
  required: { zh: '缺少此项，请填写', en: 'Missing: add this member' },
  unrecognised: { zh: '存在未知的成员，请删除或改正名称', en: 'Unknown member: remove it or correct its name' },
  variant: { zh: '不符合任何允许的形式，请对照接口文档', en: 'Fits none of the allowed shapes: compare with the API documentation' },
  format: { zh: '格式不正确，请对照接口文档', en: 'Wrong format: compare with the API documentation' },
  key: { zh: '成员名称不符合要求，请对照接口文档', en: 'The name of a member is not allowed: compare with the API documentation' },
  list: { zh: '不在允许的代码表内，请对照接口文档', en: 'Not in the list of allowed codes: compare with the API documentation' },
  invalid: { zh: '内容不符合要求，请对照接口文档', en: 'Not valid: compare with the API documentation' },
} as const

const typeNames: Readonly<Record<string, Text>> = {
  string: { zh: '文本', en: 'a text' },
  number: { zh: '数字', en: 'a number' },
  int: { zh: '整数', en: 'a whole number' },
  boolean: { zh: 'true 或 false', en: 'true or false' },
  array: { zh: '数组', en: 'an array' },
  object: { zh: '对象', en: 'an object' },
  record: { zh: '对象', en: 'an object' },
  null: { zh: 'null', en: 'null' },
}

const formatTexts: Readonly<Record<string, Text>> = {
  date: { zh: '须为存在的日期，格式 yyyy-mm-dd', en: 'Must be a date that exists, as yyyy-mm-dd' },
  datetime: {
    zh: '须为带时区的时间，例如 2026-11-01T00:00:00+08:00',
    en: 'Must be a time with its zone, such as 2026-11-01T00:00:00+08:00',
  },
  uuid: { zh: '须为 UUID', en: 'Must be a UUID' },
  email: { zh: '须为电子邮件地址', en: 'Must be an e-mail address' },
  url: { zh: '须为网址', en: 'Must be a URL' },
}

const jsonTexts: Readonly<Record<StrictJsonCode, Text>> = {
  utf8: { zh: '不是有效的 UTF-8，请以 UTF-8 编码重新导出', en: 'Not valid UTF-8: write the file again as UTF-8' },
  syntax: { zh: '不是有效的 JSON（一行一个值，不带字节顺序标记）', en: 'Not valid JSON: one value, without a byte order mark' },
  'duplicate-member': { zh: '同一对象内成员名称重复，请删除其一', en: 'An object names a member twice: remove one of them' },
  depth: { zh: '嵌套超过 32 层', en: 'Nested deeper than 32 levels' },
  nul: { zh: '文本含有 U+0000，请删除', en: 'A text contains U+0000: remove it' },
  surrogate: { zh: '文本含有不完整的 Unicode 代理对，请改正', en: 'A text contains half a surrogate pair: correct it' },
  number: { zh: '整数超出 2^53 或数值过大，请改用文本', en: 'A number is beyond 2^53: write it as text' },
}
