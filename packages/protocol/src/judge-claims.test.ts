import type { RegionId } from '@hefu/reference'
import { expect, test } from 'vitest'
import { exampleClaims, exampleFederation, ISSUED_AT, RECEIVER } from '../test/make-vectors/example.ts'
import { parseFederation } from './federation.ts'
import { judgeClaims } from './judge-claims.ts'

const parsed = parseFederation(exampleFederation)
if (!parsed.ok) throw new Error('the example federation is not valid')
const { federation } = parsed
const judge = (now: number, region: RegionId = RECEIVER, changes = {}) =>
  judgeClaims({ ok: true, claims: { ...exampleClaims, ...changes } }, { region, federation, now })

test('iat may be 120 s ahead, not 121', () => {
  expect(judge(ISSUED_AT - 120)).toMatchObject({ status: 'accepted' })
  expect(judge(ISSUED_AT - 121)).toEqual({ status: 'deferred', reason: 'clock' })
})

test('good until the second of exp', () => {
  expect(judge(exampleClaims.exp - 1)).toMatchObject({ status: 'accepted' })
  expect(judge(exampleClaims.exp)).toEqual({ status: 'refused', reason: 'expired' })
})

test('the audience is asked before the time, the time before the agreement, the agreement before the schema', () => {
  const purpose = 'marketing'
  expect(judge(exampleClaims.exp, '510100' as RegionId, { purpose })).toEqual({ status: 'refused', reason: 'audience' })
  expect(judge(exampleClaims.exp, RECEIVER, { purpose })).toEqual({ status: 'refused', reason: 'expired' })
  const known = { ...exampleClaims, purpose }
  const unparsed = { ok: false, refusal: 'schema', known, problems: [] } as const
  expect(judgeClaims(unparsed, { region: RECEIVER, federation, now: ISSUED_AT })).toEqual({ status: 'refused', reason: 'agreement' })
})
