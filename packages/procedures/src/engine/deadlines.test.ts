import { describe, expect, test } from 'vitest'
import { addressQuery } from '../../test/address-query/procedure.ts'
import { chongqing, document, exampleData, factsWith, friday } from '../../test/build-case.ts'
import { type DeadlineRule, type Procedure, replay } from '../index.ts'

const start = document('a', 'request', { data: exampleData(addressQuery, 'request') })
const [reply] = addressQuery.deadlines as [DeadlineRule]

function deadlines(receivedAt: number | null, rules: readonly Partial<DeadlineRule>[] = [{}], more: Parameters<typeof factsWith>[0] = {}) {
  const procedure: Procedure = { ...addressQuery, deadlines: rules.map((rule) => ({ ...reply, ...rule })) }
  const facts = factsWith({ receivedAt: new Map(receivedAt === null ? [] : [['a', receivedAt]]), ...more })
  return replay(procedure, [start], facts).deadlines
}

describe('known answers of working days', () => {
  test.each([
    [5, '2026-02-27'],
    [10, '2026-03-05'],
  ])('received Friday 2026-02-13 plus %i', (workingDays, due) => {
    expect(deadlines(friday, [{ workingDays }])).toEqual([
      { rule: 'reply', version: 1, holder: 'keeper', from: '2026-02-13', due, provisional: false },
    ])
  })

  test('a year whose holidays are unknown is provisional', () => {
    expect(deadlines(Date.UTC(2027, 2, 1, 4) / 1000)).toMatchObject([{ from: '2027-03-01', due: '2027-03-08', provisional: true }])
  })

  test('the date is that of Asia/Shanghai', () => {
    expect(deadlines(Date.UTC(2026, 1, 12, 16) / 1000)).toMatchObject([{ from: '2026-02-13' }])
    expect(deadlines(Date.UTC(2026, 1, 12, 15, 59) / 1000)).toMatchObject([{ from: '2026-02-12' }])
  })
})

describe('which row applies', () => {
  const any = { rule: 'any', pair: 'any' } as const
  const sichuanChongqing = { rule: 'pair', pair: ['50', '51'], from: '2026-02-13' } as const
  const rules = (found: readonly { rule: string }[]) => found.map((deadline) => deadline.rule)

  test('due is null until the receipt is known; the date of issue picks the row', () => {
    expect(deadlines(null, [any, sichuanChongqing])).toEqual([
      { rule: 'pair', version: 1, holder: 'keeper', from: null, due: null, provisional: false },
    ])
  })

  test('rows for the pair of provinces go before those for any, from the day on which they are law', () => {
    expect(rules(deadlines(friday, [any, sichuanChongqing]))).toEqual(['pair'])
    expect(rules(deadlines(friday - 86_400, [any, sichuanChongqing]))).toEqual(['any'])
    expect(rules(deadlines(friday, [any, { ...sichuanChongqing, from: null, to: '2026-02-13' }]))).toEqual(['any'])
    expect(rules(deadlines(friday, [any, { ...sichuanChongqing, pair: ['50', '50'] }]))).toEqual(['any'])
  })

  test('only rows of the version that the agreement names', () => {
    expect(deadlines(friday, [{ version: 2 }])).toEqual([])
    expect(deadlines(friday, [{}, { version: 2, workingDays: 3 }], { deadlineRules: 2 })).toMatchObject([{ version: 2, due: '2026-02-25' }])
  })

  test('a further condition', () => {
    expect(deadlines(friday, [{ when: () => false }])).toEqual([])
  })
})

describe('scope', () => {
  const answer = document('b', 'reply', { by: chongqing, seen: ['a'], answers: 'a', data: exampleData(addressQuery, 'reply') })
  const wholeCase = (ball: string | null) => {
    const { answered, ...states } = addressQuery.states
    const procedure: Procedure = {
      ...addressQuery,
      states: { ...states, answered: { ...(answered as NonNullable<typeof answered>), ball } },
      deadlines: [{ ...reply, scope: 'case' }],
    }
    return (more: readonly (typeof start)[]) =>
      replay(procedure, [start, ...more], factsWith({ receivedAt: new Map([['a', friday]]) })).deadlines
  }

  test('whole case: one clock, held by whoever has the ball, gone when the case is final', () => {
    const deadlinesAfter = wholeCase('asker')
    expect(deadlinesAfter([])).toMatchObject([{ holder: 'keeper', due: '2026-02-27' }])
    expect(deadlinesAfter([answer])).toMatchObject([{ holder: 'asker', due: '2026-02-27' }])
    const confirmation = document('c', 'confirmation', { seen: ['b'], answers: 'b', data: { usable: true } })
    expect(deadlinesAfter([answer, confirmation])).toEqual([])
  })

  test('nobody has the ball: nothing is due', () => {
    expect(wholeCase(null)([answer])).toEqual([])
  })

  test('a state that the case has left', () => {
    expect(replay(addressQuery, [start, answer], factsWith({ receivedAt: new Map([['a', friday]]) })).deadlines).toEqual([])
  })
})
