import { expect, test } from 'vitest'
import { DELIVERY_HORIZON_SECONDS as HORIZON } from './constants.ts'
import { judgeKeyUse, type KeyTimes, mayArrive, maySign } from './judge-key-use.ts'

const times = { iat: 1_000_000, exp: 2_000_000 }
const revoked = (reason: NonNullable<KeyTimes['revoked']>['reason']): KeyTimes => ({
  ...times,
  revoked: { at: 1_500_000, reason, since: 1_600_000 },
})

test.each<[string, KeyTimes, number, boolean, boolean]>([
  ['before its first day', times, 999_000, false, false],
  ['a clock that is a little ahead', times, 999_900, true, false],
  ['on its first day', times, 1_000_000, true, true],
  ['on its last', times, 1_999_999, true, true],
  ['after its exp what is on its way still arrives', times, 2_000_000, true, false],
  ['until the horizon', times, 2_000_000 + HORIZON, true, false],
  ['and not later', times, 2_000_001 + HORIZON, false, false],
  ['superseded', revoked('superseded'), 1_500_000, false, false],
  ['compromised', revoked('compromised'), 1_700_000, false, false],
  ['a manifest of which no newer one came', { ...times, until: 1_200_000 }, 1_200_001, false, true],
  ['without times', {}, 5, true, true],
])('%s', (_, key, now, arrives, signs) => {
  expect([mayArrive(key, now), maySign(key, now)]).toEqual([arrives, signs])
})

test.each<[string, KeyTimes, number | undefined, object]>([
  ['witnessed in its time', times, 1_200_000, { verdict: 'good' }],
  ['witnessed before it was a key', times, 900_000, { verdict: 'bad', why: 'early' }],
  ['witnessed within the horizon', times, 2_000_000 + HORIZON, { verdict: 'good' }],
  ['witnessed too late', times, 2_000_001 + HORIZON, { verdict: 'bad', why: 'late' }],
  ['superseded: as if it were not', revoked('superseded'), 1_700_000, { verdict: 'good' }],
  ['superseded, too late', revoked('superseded'), 2_000_001 + HORIZON, { verdict: 'bad', why: 'late' }],
  ['compromised, witnessed before', revoked('compromised'), 1_499_999, { verdict: 'good' }],
  ['compromised, witnessed before anybody was told', revoked('compromised'), 1_500_000, { verdict: 'doubtful' }],
  ['compromised, witnessed when all were told', revoked('compromised'), 1_600_000, { verdict: 'bad', why: 'compromised' }],
  ['compromised, and nobody says since when it exists', revoked('compromised'), undefined, { verdict: 'bad', why: 'unwitnessed' }],
  ['not witnessed', times, undefined, { verdict: 'good' }],
])('an old signature: %s', (_, key, witnessedAt, expected) => {
  expect(judgeKeyUse(key, witnessedAt)).toEqual(expected)
})
