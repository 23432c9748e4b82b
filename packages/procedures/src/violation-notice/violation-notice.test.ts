import { describe, expect, test } from 'vitest'
import { conversation, exampleData, factsWith } from '../../test/build-case.ts'
import { type CaseDocument, type Effect, employers, nextFor, replay, violationNotice } from '../index.ts'
import type { Correction, DecidedNotice } from './documents.ts'

const data = (kind: string, at = 0) => exampleData(violationNotice, kind, at)
const decided = ['notice', data('notice', 0)] as const
const suspected = ['notice', data('notice', 1)] as const
const filing = ['filing', data('filing')] as const
const correction = ['correction', data('correction', 0)] as const
const toDecided = ['correction', data('correction', 1)] as const
const retraction = ['retraction', data('retraction')] as const
const repair = ['repair', data('repair')] as const
const backToSuspected = ['correction', { ...(data('correction') as Correction), notice: data('notice', 1) }] as const

type Step = readonly [string, unknown]

describe('state table', () => {
  test.each<[string, readonly Step[], string, string | null, boolean]>([
    ['a suspected notice: the finder has the ball', [suspected], 'notified', 'finder', false],
    ['a decided notice: the home side has it', [decided], 'notified', 'home', false],
    ['filed', [decided, filing], 'filed', null, false],
    ['corrected before filing', [decided, correction], 'notified', 'home', false],
    ['corrected after filing', [decided, filing, correction], 'notified', 'home', false],
    ['corrected and filed again', [decided, filing, correction, filing], 'filed', null, false],
    ['suspected, then decided', [suspected, toDecided], 'notified', 'home', false],
    ['retracted at once', [suspected, retraction], 'retracted', null, true],
    ['retracted after filing', [decided, filing, retraction], 'retracted', null, true],
    ['repaired before filing', [decided, repair], 'repaired', null, true],
    ['repaired after filing', [decided, filing, repair], 'repaired', null, true],
    ['retracted after repair', [decided, filing, repair, retraction], 'retracted', null, true],
  ])('%s', (_, steps, state, ballHolder, final) => {
    const { result } = conversation(violationNotice, steps)
    expect(result).toMatchObject({ state, ballHolder, final })
    expect([...result.standings.values()].every((standing) => standing.standing === 'effective')).toBe(true)
  })

  test.each<[string, readonly Step[], string]>([
    ['filing of a suspicion', [suspected, filing], 'not-decided'],
    ['repair of a suspicion', [suspected, repair], 'not-decided'],
    ['back to a suspicion', [decided, backToSuspected], 'back-to-suspected'],
    ['back to a suspicion after filing', [decided, filing, backToSuspected], 'back-to-suspected'],
    ['a second filing', [decided, filing, filing], 'not-possible'],
    ['filing after repair', [decided, repair, filing], 'not-possible'],
    ['correction after repair', [decided, repair, correction], 'not-possible'],
    ['repair after retraction', [decided, retraction, repair], 'not-possible'],
    ['a second retraction', [decided, retraction, retraction], 'not-possible'],
  ])('%s is void', (_, steps, code) => {
    const before = conversation(violationNotice, steps.slice(0, -1)).result
    const { documents, result } = conversation(violationNotice, steps)
    expect(result.standings.get((documents.at(-1) as CaseDocument).digest)).toMatchObject({ standing: 'void', reason: { code } })
    expect(result.state).toBe(before.state)
  })

  test('a filing that crosses a correction answers an older text', () => {
    const { documents } = conversation(violationNotice, [decided, correction, filing])
    const [notice, corrected, filed] = documents as [CaseDocument, CaseDocument, CaseDocument]
    const crossing = { ...filed, seen: [notice.digest], answers: notice.digest }
    const result = replay(violationNotice, [crossing, corrected, notice], factsWith())
    expect(result.standings.get(crossing.digest)).toMatchObject({ standing: 'void', reason: { code: 'answers-older' } })
    expect(result).toMatchObject({ state: 'notified', ballHolder: 'home' })
  })

  test('next of a suspicion: no filing, and why', () => {
    const { result } = conversation(violationNotice, [suspected])
    expect(nextFor(violationNotice, result, 'home').find((next) => next.document === 'filing')).toMatchObject({
      allowed: false,
      reason: { code: 'not-decided' },
    })
    expect(
      nextFor(violationNotice, result, 'finder')
        .filter((next) => next.allowed)
        .map((next) => next.document),
    ).toEqual(['correction', 'retraction'])
  })
})

describe('deadlines', () => {
  test('suspected: sixty working days from the opening, held by the finder', () => {
    expect(conversation(violationNotice, [suspected]).result.deadlines).toMatchObject([
      { rule: 'investigation', holder: 'finder', from: '2026-02-13', provisional: false },
    ])
  })

  test('decided: five working days from the receipt of the latest notice or correction, held by the home side', () => {
    const { documents, result } = conversation(violationNotice, [decided])
    expect(result.deadlines).toEqual([
      { rule: 'filing', version: 1, holder: 'home', from: '2026-02-13', due: '2026-02-27', provisional: false },
    ])
    expect(replay(violationNotice, documents, factsWith()).deadlines).toMatchObject([{ from: null, due: null }])
    expect(conversation(violationNotice, [suspected, toDecided]).result.deadlines).toMatchObject([{ rule: 'filing', holder: 'home' }])
    expect(conversation(violationNotice, [decided, filing]).result.deadlines).toEqual([])
  })

  test('shown until the last public day of the notice as it stands', () => {
    expect(conversation(violationNotice, [suspected]).result.effectiveUntil).toBeNull()
    expect(conversation(violationNotice, [suspected, toDecided]).result.effectiveUntil).toBe((data('notice') as DecidedNotice).publicUntil)
  })
})

describe('effects', () => {
  const effects = (role: string, ...steps: Step[]): readonly Effect[] =>
    violationNotice.effects(conversation(violationNotice, steps).result.view, role)

  test('the integrity file holds the entry while the notice is filed, with its provenance', () => {
    const [entry, ...others] = effects('home', decided, filing)
    expect(violationNotice.entries?.employers?.parse(entry?.kind === 'register' && entry.data)).toBeTruthy()
    expect(others).toEqual([])
    expect(entry).toMatchObject({
      kind: 'register',
      register: 'employers',
      digest: '1-filing',
      lookup: { kind: 'uscc', value: '91500112MA5U7B2C22' },
      data: { entryNumber: '渝信档〔2026〕000318', provenance: { region: '510100', agency: '510100-0001', digest: '0-notice' } },
    })
  })

  test.each<[string, readonly Step[]]>([
    ['suspected', [suspected]],
    ['not filed', [decided]],
    ['corrected since', [decided, filing, correction]],
    ['repaired', [decided, filing, repair]],
    ['retracted', [decided, filing, retraction]],
  ])('%s: no entry', (_, steps) => {
    expect(effects('home', ...steps).filter((effect) => effect.kind === 'register')).toEqual([])
  })

  test('the entry follows the correction once that is filed', () => {
    const [entry] = effects('home', decided, filing, correction, filing)
    expect(entry).toMatchObject({
      digest: '3-filing',
      data: { violations: [{ workersAffected: 36 }], provenance: { digest: '2-correction' } },
    })
  })

  test('the finder keeps no entry of another region’s employer', () => {
    expect(effects('finder', decided, filing)).toEqual([])
  })

  test('tasks: the home side files what is decided, the finder reports the outcome of a suspicion', () => {
    expect(effects('home', decided)).toMatchObject([{ kind: 'task', key: 'file-notice', document: 'filing', digest: '0-notice' }])
    expect(effects('finder', decided)).toEqual([])
    expect(effects('finder', suspected)).toMatchObject([{ kind: 'task', key: 'report-outcome', document: 'correction' }])
    expect(effects('home', suspected)).toEqual([])
  })
})

test('the examples are free of findings, and the employer is the one of the register', () => {
  for (const [kind, definition] of Object.entries(violationNotice.documents)) {
    for (const [at] of definition.examples.entries()) {
      const steps: Step[] = kind === 'notice' ? [] : kind === 'correction' && at === 1 ? [suspected] : [decided]
      const { result } = conversation(violationNotice, [...steps, [kind, data(kind, at)]])
      expect(result.findings).toEqual([])
    }
  }
  const example = employers.examples[0]?.data as DecidedNotice['employer']
  expect(employers.schema.parse(example)).toEqual((data('notice') as DecidedNotice).employer)
  expect(employers.lookups(example as never)[0]).toEqual({ kind: 'uscc', value: example.uscc })
})
