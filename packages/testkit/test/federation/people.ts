import { parsePersonId } from '@hefu/reference'

const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]

/** A synthetic woman of Yuzhong, born 1988-12-31: the serial is even and below 1000. */
export function personNumber(serial: number): string {
  const digits = `50010319881231${String(serial).padStart(3, '0')}`
  const sum = [...digits].reduce((total, digit, at) => total + Number(digit) * (weights[at] ?? 0), 0)
  const number = digits + '10X98765432'[sum % 11]
  if (!parsePersonId(number).ok || serial % 2 !== 0) throw new Error(`${serial} gives no such person`)
  return number
}
