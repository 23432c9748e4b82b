import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { DigestTable } from './digest-table.ts'

const digest = (n: number) => createHash('sha256').update(String(n)).digest('base64url')
const check = (n: number) => createHash('sha256').update(`check ${n}`).digest()

test('every row of several blocks is found again with all it says, and no other', () => {
  const table = new DigestTable()
  const count = 40_000
  for (let n = 0; n < count; n++) expect(table.add(digest(n), { index: n * 3, at: n + 0.5, check: check(n), label: n % 7 })).toBe(n)
  expect([table.size, [...table.rows()].length]).toEqual([count, count])
  for (let n = 0; n < count; n += 997) {
    const row = table.find(digest(n)) as number
    expect([row, table.index(row), table.at(row), table.label(row), table.digest(row)]).toEqual([n, n * 3, n + 0.5, n % 7, digest(n)])
    expect([table.agrees(row, check(n)), table.agrees(row, check(n + 1))]).toEqual([true, false])
    expect(Buffer.compare(table.check(row), check(n))).toBe(0)
    expect(table.mark(row)).toBe(0)
    table.setMark(row, 2)
    expect(table.mark(row)).toBe(2)
  }
  expect(table.find(digest(count))).toBeUndefined()
})

test('a digest comes once', () => {
  const table = new DigestTable()
  const row = { index: 1, at: 1, check: check(1) }
  expect([table.add(digest(1), row), table.add(digest(1), { ...row, index: 2 }), table.size]).toEqual([0, undefined, 1])
  expect(table.index(0)).toBe(1)
})

test('digests that agree in their first half are two', () => {
  const bytes = Buffer.from(digest(1), 'base64url')
  const other = Buffer.from(bytes)
  other[31] = (other[31] as number) ^ 1
  const table = new DigestTable()
  for (const one of [bytes, other]) table.add(one.toString('base64url'), { index: 0, at: 0, check: check(0) })
  expect(table.size).toBe(2)
  expect(() => table.add('short', { index: 0, at: 0, check: check(0) })).toThrow(RangeError)
})
