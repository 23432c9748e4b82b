import { expect, test } from 'vitest'
import { compareHeads, type DifferenceKind } from './compare-heads.ts'
import type { Head } from './heads-schemas.ts'

const me = '510100'
const peer = '500000'
const head = (iss: string, receipt: string | null, changes: Partial<Head> = {}): Head => ({
  iss,
  jti: '01a2008d-7400-7101-8101-010101010101',
  digest: 'D',
  status: receipt === null ? 'pending' : 'accepted',
  reason: null,
  receipt,
  ...changes,
})
const list = (one: Head | null) => (one === null ? [] : [one])

test('what stands on both sides, on one or without an answer is told apart', () => {
  const table: [Head | null, Head | null, DifferenceKind | null][] = [
    [head(me, 'R'), head(me, 'R'), null],
    [head(peer, 'R'), head(peer, 'R'), null],
    [head(me, null), null, 'pending-here'],
    [head(me, null), head(me, 'R'), 'answer-lost-here'],
    [head(me, 'R'), null, 'lost-at-peer'],
    [null, head(me, 'R'), 'lost-here'],
    [null, head(peer, null), 'pending-at-peer'],
    [head(peer, 'R'), head(peer, null), 'answer-lost-at-peer'],
    [head(peer, 'R'), null, 'lost-at-peer'],
    [null, head(peer, 'R'), 'lost-here'],
    [head(peer, null), head(peer, 'R'), 'lost-here'],
    [head(me, 'R'), head(me, null), 'lost-at-peer'],
    [head(me, 'R'), head(me, 'R', { digest: 'E' }), 'digest-differs'],
    [head(me, null), head(me, null, { digest: 'E' }), 'digest-differs'],
    [head(me, 'R'), head(me, 'S'), 'receipt-differs'],
    [head(me, 'R'), head(me, 'R', { status: 'refused', reason: 'schema' }), 'receipt-differs'],
    [head(me, null), head(me, null), 'receipt-missing'],
    [null, head(me, null), 'receipt-missing'],
    [head(peer, null), null, 'receipt-missing'],
  ]
  for (const [here, there, kind] of table) {
    const { compared, differences } = compareHeads(me, { before: list(here), theirs: list(there), mine: list(here) })
    expect({ compared, kinds: differences.map((one) => one.kind) }, JSON.stringify([here, there])).toEqual({
      compared: 1,
      kinds: list(kind as never),
    })
  }
})

test('what changed while the peer was asked is under way and no loss', () => {
  const delivered = { before: [head(me, null)], theirs: [], mine: [head(me, 'R')] }
  const arrived = { before: [], theirs: [], mine: [head(peer, 'R')] }
  const submitted = { before: [], theirs: [], mine: [head(me, null)] }
  for (const heads of [delivered, arrived, submitted]) expect(compareHeads(me, heads)).toEqual({ compared: 1, differences: [] })
})
