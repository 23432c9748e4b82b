import { describe, expect, test } from 'vitest'
import { conversation, document, exampleData } from '../../test/build-case.ts'
import { type Finding, violationNotice } from '../index.ts'
import type { Correction, DecidedNotice, Notice } from './documents.ts'
import { notice as noticeSchema } from './documents.ts'
import { findPersonalNumbers } from './personal-numbers.ts'

const decided = exampleData(violationNotice, 'notice', 0) as DecidedNotice
const suspected = exampleData(violationNotice, 'notice', 1) as Notice
const [violation] = decided.violations as [DecidedNotice['violations'][number]]

function findings(
  kind: string,
  data: unknown,
  before: readonly (readonly [string, unknown])[] = [],
): readonly (readonly [string, string, string])[] {
  const { view } = conversation(violationNotice, before).result
  return codes(violationNotice.check(view, document('x', kind, { data })))
}

const codes = (found: readonly Finding[]) => found.map(({ severity, code, pointer }) => [severity, code, pointer] as const)
const withViolation = (change: Partial<DecidedNotice['violations'][number]>): DecidedNotice => ({
  ...decided,
  violations: [{ ...violation, ...change }],
})

describe('notice', () => {
  test.each([
    ['minor', '2026-01-16', []],
    ['minor', '2026-04-16', []],
    ['minor', '2026-04-17', [['error', 'public-until-too-late', '/publicUntil']]],
    ['minor', '2026-01-15', [['error', 'public-until-too-early', '/publicUntil']]],
    ['general', '2026-04-15', [['error', 'public-until-too-early', '/publicUntil']]],
    ['general', '2026-04-16', []],
    ['general', '2027-01-16', []],
    ['general', '2027-01-17', [['error', 'public-until-too-late', '/publicUntil']]],
    ['serious', '2027-01-15', [['error', 'public-until-too-early', '/publicUntil']]],
    ['serious', '2029-01-16', []],
    ['serious', '2029-01-17', [['error', 'public-until-too-late', '/publicUntil']]],
  ] as const)('credit class %s, public until %s', (creditClass, publicUntil, expected) => {
    expect(findings('notice', { ...decided, creditClass, publicUntil })).toEqual(expected)
  })

  test('safety and health is forwarded, not notified', () => {
    expect(findings('notice', withViolation({ code: 'SH-01', area: 'SH', articles: ['LSSR-35'] }))).toEqual([
      ['error', 'forward-safety-and-health', '/violations/0/code'],
    ])
  })

  test('area, articles and period against the code', () => {
    expect(findings('notice', withViolation({ area: 'RV' }))).toEqual([['error', 'area-differs-from-code', '/violations/0/area']])
    expect(findings('notice', withViolation({ articles: ['LSSR-25'] }))).toEqual([
      ['warning', 'articles-differ-from-code', '/violations/0/articles'],
    ])
    expect(findings('notice', withViolation({ period: { from: '2025-12-02', to: '2025-12-01' } }))).toEqual([
      ['error', 'period-reversed', '/violations/0/period'],
    ])
    expect(findings('notice', withViolation({ period: { from: '2025-12-02', to: '2026-02-14' } }))).toEqual([
      ['error', 'later-than-issue', '/violations/0/period/to'],
    ])
  })

  test('a decision after the day of issue', () => {
    const [first] = decided.dispositions as [DecidedNotice['dispositions'][number]]
    expect(findings('notice', { ...decided, dispositions: [{ ...first, decidedOn: '2026-02-14' }] })).toEqual([
      ['error', 'later-than-issue', '/dispositions/0/decidedOn'],
    ])
  })

  test('an abolished division is a warning', () => {
    expect(findings('notice', { ...decided, employer: { ...decided.employer, divisionCode: '500112' } })).toEqual([
      ['warning', 'division-abolished', '/employer/divisionCode'],
    ])
    expect(findings('notice', { ...decided, contactAgency: { ...decided.contactAgency, agency: '500105-0001' } })).toEqual([
      ['warning', 'division-abolished', '/contactAgency/agency'],
    ])
  })
})

describe('personal numbers in free text', () => {
  test.each([
    '工人身份证510104199003071237',
    '工人身份证 510104 19900307 1237',
    '50011220000229001x',
    '５１０１０４１９９００３０７１２３７',
    '身份证510104900307123',
    '联系13812345678',
    '138-1234-5678',
    '+86 13812345678',
    '电话028-86123456',
  ])('%s', (text) => {
    expect(findings('notice', { ...decided, facts: `经查，${text}。` })).toEqual([['error', 'personal-number-in-text', '/facts']])
  })

  test.each(['拖欠486200.00元', '2026-01-16至2026-02-13', '914403001922038216', '川人社监罚〔2026〕018号', '涉及工资12345678901元'])(
    'not %s',
    (text) => {
      expect(findPersonalNumbers({ facts: text })).toEqual([])
    },
  )

  test('in every text of every document, with its place', () => {
    const number = '13812345678'
    expect(findings('notice', { ...decided, employer: { ...decided.employer, registeredAddress: `某路${number}` } })).toContainEqual([
      'error',
      'personal-number-in-text',
      '/employer/registeredAddress',
    ])
    const filing = { ...(exampleData(violationNotice, 'filing') as object), remarks: number }
    expect(findings('filing', filing)).toEqual([['error', 'personal-number-in-text', '/remarks']])
    const correction = { ...(exampleData(violationNotice, 'correction') as Correction), why: number }
    expect(findings('correction', correction, [['notice', decided]])).toEqual([['error', 'personal-number-in-text', '/why']])
    const retraction = { ...(exampleData(violationNotice, 'retraction') as object), explanation: number }
    expect(findings('retraction', retraction, [['notice', decided]])).toEqual([['error', 'personal-number-in-text', '/explanation']])
  })

  test('the number of the contact agency is meant to be there', () => {
    expect(findings('notice', { ...decided, contactAgency: { ...decided.contactAgency, telephone: '028-86123456' } })).toEqual([])
  })
})

describe('correction', () => {
  const corrected = exampleData(violationNotice, 'correction') as Correction

  test('never back to a suspicion', () => {
    const changed: Correction['changed'] = ['stage', 'dispositions', 'creditClass', 'publicUntil', 'publication']
    expect(findings('correction', { notice: suspected, changed, why: '更正' }, [['notice', decided]])).toEqual([
      ['error', 'back-to-suspected', '/notice/stage'],
    ])
  })

  test('never another employer', () => {
    const employer = { ...decided.employer, uscc: '92510107MA6D12342U' }
    expect(findings('correction', { notice: { ...decided, employer }, changed: ['employer'], why: '更正' }, [['notice', decided]])).toEqual(
      [['error', 'other-employer', '/notice/employer/uscc']],
    )
  })

  test('what it says it changed is what differs', () => {
    expect(findings('correction', { ...corrected, changed: ['facts'] }, [['notice', decided]])).toEqual([
      ['warning', 'changed-parts-differ', '/changed'],
    ])
  })

  test('its notice is checked like any other', () => {
    const publicUntil = '2030-01-01'
    expect(
      findings('correction', { notice: { ...decided, publicUntil }, changed: ['publicUntil'], why: '更正' }, [['notice', decided]]),
    ).toEqual([['error', 'public-until-too-late', '/notice/publicUntil']])
  })
})

describe('filing and repair', () => {
  test('not dated after the day of issue', () => {
    const filing = exampleData(violationNotice, 'filing') as object
    expect(findings('filing', { ...filing, enteredOn: '2026-02-14' }, [['notice', decided]])).toEqual([
      ['error', 'later-than-issue', '/enteredOn'],
    ])
  })

  test('repaired between the decision and the day of issue', () => {
    const repair = (repairedOn: string) =>
      findings('repair', { repairedOn, decisionNumber: '成人社信修〔2026〕7号' }, [['notice', decided]])
    expect(repair('2026-01-15')).toEqual([['error', 'repaired-before-decision', '/repairedOn']])
    expect(repair('2026-01-16')).toEqual([])
    expect(repair('2026-02-14')).toEqual([['error', 'later-than-issue', '/repairedOn']])
  })
})

describe('schema', () => {
  test('messages never repeat the value', () => {
    const wrong = { ...decided, employer: { ...decided.employer, uscc: '91510100MA6CK0A1XD' }, creditClass: '秘密', extra: '机密' }
    const parsed = noticeSchema.safeParse(wrong)
    expect(parsed.success).toBe(false)
    const texts = JSON.stringify(parsed.error?.issues.map((issue) => issue.message))
    for (const value of ['91510100MA6CK0A1XD', '秘密', '机密']) expect(texts).not.toContain(value)
  })

  test('a suspicion has no decision, no credit class and is not published', () => {
    expect(noticeSchema.safeParse(suspected).success).toBe(true)
    for (const part of ['dispositions', 'creditClass', 'publicUntil', 'publication'] as const) {
      expect(noticeSchema.safeParse({ ...suspected, [part]: decided[part] }).success).toBe(false)
      const { [part]: _, ...without } = decided
      expect(noticeSchema.safeParse(without).success).toBe(false)
    }
  })
})
