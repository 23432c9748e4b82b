import { type DateText, divisionName, divisionsOf } from '@hefu/reference'
import type { Random } from './random.ts'

export type ExampleRegion = '510100' | '500000'

/** All dates of the examples lie before this one, so that they are right on every later day. */
export const writtenOn = '2026-03-31' as DateText

interface Place {
  readonly region: ExampleRegion
  readonly agency: string
  readonly city: string
  /** As in document numbers. */
  readonly short: string
  readonly province: string
  readonly telephone: string
  readonly peer: ExampleRegion
}

export const places: Readonly<Record<ExampleRegion, Place>> = {
  '510100': {
    region: '510100',
    agency: '510100-0001',
    city: '成都市',
    short: '成',
    province: '51',
    telephone: '028-12333',
    peer: '500000',
  },
  '500000': {
    region: '500000',
    agency: '500000-0001',
    city: '重庆市',
    short: '渝',
    province: '50',
    telephone: '023-12333',
    peer: '510100',
  },
}

/** A district or county of the region that was in force when the examples were written. */
export function pickDivision(random: Random, region: ExampleRegion): string {
  return random.pick(divisionsOf(region, writtenOn))
}

/** `重庆市北碚区` for 500109. */
export function placeName(region: ExampleRegion, division: string): string {
  return `${places[region].city}${divisionName(division) ?? ''}`
}

export const twoDigits = (value: number) => String(value).padStart(2, '0')
