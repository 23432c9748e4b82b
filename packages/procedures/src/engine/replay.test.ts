import { describe, expect, test } from 'vitest'
import { addressQuery } from '../../test/address-query/procedure.ts'
import { chengdu, chongqing, document, exampleData, factsWith, refusal } from '../../test/build-case.ts'
import { type CaseDocument, nextFor, replay } from '../index.ts'

const start = document('b-start', 'request', { data: exampleData(addressQuery, 'request') })
const found = (digest: string, more: Partial<CaseDocument> = {}) =>
  document(digest, 'reply', {
    by: chongqing,
    seen: ['b-start'],
    answers: 'b-start',
    data: exampleData(addressQuery, 'reply'),
    ...more,
  })
const confirm = (digest: string, more: Partial<CaseDocument> = {}) =>
  document(digest, 'confirmation', { seen: ['b-start', 'c-reply'], answers: 'c-reply', data: { usable: true }, ...more })

describe('order', () => {
  test('concurrent: the owner first, whatever the digest; one side by digest', () => {
    const ownerLate = confirm('z-own', { seen: ['c-reply'] })
    const second = found('a-reply', { seen: ['c-reply'] })
    expect(replay(addressQuery, [second, ownerLate, found('c-reply'), start], factsWith()).order).toEqual([
      'b-start',
      'c-reply',
      'z-own',
      'a-reply',
    ])
    const first = found('c-reply')
    expect(replay(addressQuery, [found('d-reply'), first, start], factsWith()).order).toEqual(['b-start', 'c-reply', 'd-reply'])
  })

  test('a fork is folded by digest and reported', () => {
    const result = replay(addressQuery, [start, found('d-reply'), found('c-reply')], factsWith())
    expect(result.forks).toEqual([['c-reply', 'd-reply']])
    expect(replay(addressQuery, [start, found('c-reply'), found('d-reply', { seen: ['c-reply'] })], factsWith()).forks).toEqual([])
  })

  test('a document waits for its parent, and its descendants with it', () => {
    const result = replay(addressQuery, [start, confirm('d-own')], factsWith())
    expect(result.standings.get('d-own')).toEqual({ standing: 'waiting' })
    expect(result.state).toBe('asked')
    expect(result.order).toEqual(['b-start'])
  })

  test('several hundred documents, each seeing all before it', () => {
    const documents = [start]
    for (let at = 1; at < 400; at++) {
      documents.push(found(`r${at}`, { seen: documents.map((one) => one.digest).slice(-64) }))
    }
    const result = replay(addressQuery, documents.toReversed(), factsWith())
    expect(result.order).toEqual(documents.map((one) => one.digest))
    expect(result.forks).toEqual([])
  })
})

describe('standings', () => {
  const reasonOf = (documents: readonly CaseDocument[], digest: string) => {
    const standing = replay(addressQuery, documents, factsWith()).standings.get(digest)
    return standing?.standing === 'void' ? standing.reason : standing?.standing
  }

  test('overtaken names what its author had not seen', () => {
    const confirmed = confirm('d-own')
    const late = found('e-reply', { seen: ['c-reply'] })
    expect(reasonOf([start, found('c-reply'), confirmed, late], 'e-reply')).toEqual({
      code: 'overtaken',
      zh: '已被在先生效的《使用确认》取代',
      en: 'overtaken by: Confirmation',
    })
  })

  test('what its author knew to be impossible is not called overtaken', () => {
    const confirmed = confirm('d-own')
    const late = found('e-reply', { seen: ['d-own'] })
    expect(reasonOf([start, found('c-reply'), confirmed, late], 'e-reply')).toMatchObject({ code: 'not-possible' })
  })

  test('an answer to an older document, or to none', () => {
    const newer = found('d-reply', { seen: ['c-reply'] })
    const older = confirm('e-own', { seen: ['d-reply'], answers: 'c-reply' })
    expect(reasonOf([start, found('c-reply'), newer, older], 'e-own')).toMatchObject({ code: 'answers-older' })
    const { answers: _, ...nothing } = found('c-reply')
    expect(reasonOf([start, nothing], 'c-reply')).toMatchObject({ code: 'answers-nothing' })
  })

  test.each([
    ['second-start', document('c-start', 'request', { seen: ['b-start'] })],
    ['not-the-writer', document('c-start', 'request', { by: chongqing, seen: ['b-start'] })],
    ['not-the-writer', found('c-reply', { by: chengdu })],
    ['unknown-document', document('c-odd', 'constructor', { seen: ['b-start'] })],
    ['not-started', document('a-early', 'confirmation', { answers: 'b-start' })],
  ])('%s', (code, wrong) => {
    expect(reasonOf([start, wrong], wrong.digest)).toMatchObject({ code })
    expect(replay(addressQuery, [start, wrong], factsWith()).state).toBe('asked')
  })

  test('notNow: void with its reason, and shown by next', () => {
    const nothing = found('c-reply', { data: { outcome: 'not-found' } })
    expect(reasonOf([start, nothing, confirm('d-own')], 'd-own')).toMatchObject({ code: 'nothing-found' })
    const next = nextFor(addressQuery, replay(addressQuery, [start, nothing], factsWith()), 'asker')
    expect(next.find((one) => one.document === 'confirmation')).toMatchObject({ allowed: false, reason: { code: 'nothing-found' } })
  })
})

describe('refused documents', () => {
  test('the start refused: undelivered and final; a document that saw it is void', () => {
    const facts = factsWith({ refused: [refusal(start, 'agreement')] })
    const result = replay(addressQuery, [start, confirm('d-own', { seen: ['b-start'] })], facts)
    expect(result).toMatchObject({ state: 'undelivered', final: true, ballHolder: null, deadlines: [] })
    expect(result.standings.get('b-start')).toMatchObject({ standing: 'refused', reason: { code: 'agreement' } })
    expect(result.standings.get('d-own')).toMatchObject({ standing: 'void', reason: { code: 'undelivered' } })
    expect(nextFor(addressQuery, result, 'asker').every((next) => !next.allowed)).toBe(true)
  })

  test('in the middle: skipped, and those that saw it are judged normally', () => {
    const refused = found('c-reply')
    const second = found('d-reply', { seen: ['c-reply', 'b-start'] })
    const result = replay(addressQuery, [start, second], factsWith({ refused: [refusal(refused)] }))
    expect(result.standings.get('d-reply')).toEqual({ standing: 'effective' })
    expect(result.state).toBe('answered')
    expect(result.order).toEqual(['b-start', 'd-reply'])
    expect(result.forks).toEqual([])
  })
})

test('without its first document a case waits', () => {
  const result = replay(addressQuery, [found('c-reply'), document('d', 'confirmation')], factsWith())
  expect(result).toMatchObject({ state: 'waiting', final: false, order: ['d'] })
  expect([...result.standings.values()]).toEqual([{ standing: 'waiting' }, { standing: 'waiting' }])
})

describe('next', () => {
  const next = (documents: readonly CaseDocument[], role: string) =>
    nextFor(addressQuery, replay(addressQuery, documents, factsWith()), role).map(({ document: kind, allowed, reason, answers }) => [
      kind,
      allowed ? (answers ?? 'allowed') : reason?.code,
    ])

  test('every document of the procedure, allowed or why not', () => {
    expect(next([], 'asker')).toEqual([
      ['request', 'allowed'],
      ['reply', 'other-side'],
      ['confirmation', 'not-started'],
    ])
    expect(next([start], 'keeper')).toEqual([
      ['request', 'other-side'],
      ['reply', 'b-start'],
      ['confirmation', 'other-side'],
    ])
    expect(next([start], 'asker')).toEqual([
      ['request', 'already-started'],
      ['reply', 'other-side'],
      ['confirmation', 'not-in-this-state'],
    ])
    expect(next([start, found('c-reply'), confirm('d-own')], 'keeper')).toContainEqual(['reply', 'case-final'])
  })
})
