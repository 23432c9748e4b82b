import { expect, test } from 'vitest'
import { agencyDivision, parseAgencyCode, parseDivisionCode, parseRegionId } from './region-id.ts'

test('regions and divisions are six digits', () => {
  for (const parse of [parseRegionId, parseDivisionCode]) {
    expect(parse('510100')).toEqual({ ok: true, value: '510100' })
    expect(parse(510100)).toEqual({ ok: false, code: 'not-text' })
    for (const value of ['51010', '5101000', '51010A', '510100\n', '５１０１００'])
      expect(parse(value)).toEqual({ ok: false, code: 'format' })
  }
})

test('agencies', () => {
  const agency = parseAgencyCode('510104-0001')
  expect(agency.ok && agencyDivision(agency.value)).toBe('510104')
  for (const value of ['510104', '510104-001', '510104-00011', '510104_0001']) {
    expect(parseAgencyCode(value)).toEqual({ ok: false, code: 'format' })
  }
})
