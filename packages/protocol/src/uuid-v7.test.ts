import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { UUID_V7, uuidV7, uuidV7TimeMs } from './uuid-v7.ts'

test('the example of RFC 9562 appendix A.6', () => {
  expect(uuidV7(0x017f22e279b0, Buffer.from('0cc318c4dc0c0c07398f', 'hex'))).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f')
})

test('keeps its time, and sorts by it', () => {
  const times = [0, 1, 1_795_305_600_123, 2 ** 48 - 1]
  const uuids = times.map((timeMs) => uuidV7(timeMs, randomBytes(10)))
  expect(uuids.map(uuidV7TimeMs)).toEqual(times)
  expect(uuids.toSorted()).toEqual(uuids)
  for (const uuid of uuids) expect(uuid).toMatch(UUID_V7)
  expect(() => uuidV7(2 ** 48, randomBytes(10))).toThrow(RangeError)
  expect(() => uuidV7(0, randomBytes(9))).toThrow(RangeError)
})
