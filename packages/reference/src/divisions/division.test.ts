import { expect, test } from 'vitest'
import known from '../../test-data/identifiers.json' with { type: 'json' }
import type { DateText } from '../calendar-date.ts'
import {
  divisionName,
  divisionStatus,
  divisionsOf,
  isDivisionInForce,
  isKnownPrefix,
  isProvincePrefix,
  isWithin,
  parentOf,
} from './division.ts'
import { regionName } from './region-name.ts'

const before = '2025-11-05' as DateText
const after = '2025-11-06' as DateText

test.each(known.divisions.changes)('$code $name is abolished on $abolished', ({ code, name, abolished }) => {
  expect(abolished).toBe(after)
  expect(divisionStatus(code, before)).toBe('in-force')
  expect(divisionStatus(code, after)).toBe('abolished')
  expect(divisionName(code, before)).toBe(name)
  expect(divisionName(code, after)).toBeNull()
  expect(divisionName(code)).toBe(name)
  expect(isKnownPrefix(code)).toBe(true)
})

test('the divisions of a region on a date', () => {
  expect(divisionsOf('510100', after)).toHaveLength(20)
  expect(divisionsOf('510100', after)).toContain('510185')
  expect(divisionsOf('510000', after)).toHaveLength(21)
  expect(divisionsOf('510000', after)).toContain('510100')
  expect(divisionsOf('500000', before)).toHaveLength(38)
  expect(divisionsOf('500000', after)).toHaveLength(36)
  expect(divisionsOf('500000')).toHaveLength(38)
  expect(divisionsOf('500000', after)).toContain('500229')
  expect(divisionsOf('510104', after)).toEqual([])
})

test('what is above, and what lies within', () => {
  expect([parentOf('510104'), parentOf('510100'), parentOf('510000'), parentOf('500229')]).toEqual(['510100', '510000', null, '500000'])
  expect([isWithin('510104', '510100'), isWithin('510104', '510000'), isWithin('510104', '510104')]).toEqual([true, true, true])
  expect([isWithin('511623', '510100'), isWithin('500105', '510000'), isWithin('510105', '510104')]).toEqual([false, false, false])
  expect([isWithin('500242', '500000'), isWithin('510000', '510100')]).toEqual([true, false])
})

test('codes that never were', () => {
  expect(divisionStatus('510199', after)).toBe('unknown')
  expect(isDivisionInForce('toString', after)).toBe(false)
  expect(divisionName('510199')).toBeNull()
  expect([isProvincePrefix('51'), isProvincePrefix('71'), isProvincePrefix('99')]).toEqual([true, true, false])
  expect([isKnownPrefix('110105'), isKnownPrefix('110199'), isKnownPrefix('511623')]).toEqual([true, false, true])
})

test('short names of regions in both languages', () => {
  expect(regionName('510100')).toEqual({ zh: '成都', en: 'Chengdu' })
  expect(regionName('500000')).toEqual({ zh: '重庆', en: 'Chongqing' })
  for (const code of divisionsOf('510000', after)) {
    expect(divisionName(code)?.startsWith(regionName(code).zh)).toBe(true)
    expect(regionName(code).en).toMatch(/^[A-Z][a-z']+[a-z]*$|^[A-Z][a-z]+'[a-z]+$/)
  }
  expect(regionName('510104')).toEqual({ zh: '锦江区', en: '锦江区' })
  expect(regionName('999999')).toEqual({ zh: '999999', en: '999999' })
})
