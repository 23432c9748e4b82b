/** Members that are numbers by their nature: checked by their own parsers, or published as they stand. */
const numbers = new Set(['uscc', 'agency', 'divisionCode', 'telephone', 'amountYuan', 'decisionNumber', 'entryNumber'])

const month = '(?:0[1-9]|1[0-2])'
const dayOfMonth = '(?:0[1-9]|[12]\\d|3[01])'
const gap = '[\\s-]?'
const patterns = [
  // GB 11643, 18 characters, and the 15 digits of before 1999. The birth date tells them from a credit code of digits only.
  `\\d{6}${gap}(?:18|19|20)\\d{2}${month}${dayOfMonth}${gap}\\d{3}[\\dXx]`,
  `\\d{6}${gap}\\d{2}${month}${dayOfMonth}${gap}\\d{3}`,
  // Mobile, and landline with its area code.
  `(?:\\+?86${gap})?1[3-9]\\d${gap}\\d{4}${gap}\\d{4}`,
  `(?:\\+?86${gap})?0\\d{2,3}${gap}\\d{7,8}`,
]
const personalNumber = new RegExp(`(?<!\\d)(?:${patterns.join('|')})(?!\\d)`, 'u')

/**
 * JSON pointers of the free texts that hold an ID number or a telephone number. Full-width digits count. Workers and complainants are
 * named nowhere in a notice, and a number in the facts would undo that.
 */
export function findPersonalNumbers(data: unknown, pointer = ''): readonly string[] {
  if (typeof data === 'string') return personalNumber.test(data.normalize('NFKC')) ? [pointer] : []
  if (typeof data !== 'object' || data === null) return []
  return Object.entries(data).flatMap(([member, value]) => (numbers.has(member) ? [] : findPersonalNumbers(value, `${pointer}/${member}`)))
}
