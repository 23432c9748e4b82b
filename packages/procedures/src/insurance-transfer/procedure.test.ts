import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { findingsOfLast, type PlayedCase, playCase } from '../../test/played-case.ts'
import { exampleForm, exampleLetter, examples } from './examples.ts'
import { insuranceTransfer } from './procedure.ts'

const data = (document: keyof typeof examples) => examples[document][0]?.body.data
const written = (...documents: (keyof typeof examples)[]) => documents.map((document) => [document, data(document)] as const)
const corrected = { ...exampleForm, version: 2 }
const disputed = [...written('contact-letter', 'information-form', 'objection')]

const standings = ({ replay, documents }: PlayedCase) => documents.map(({ digest }) => replay.standings.get(digest)?.standing)

test('every example is valid, and becomes JSON schema', () => {
  for (const [name, definition] of Object.entries(insuranceTransfer.documents)) {
    for (const example of definition.examples) expect(definition.schema.safeParse(example.body.data).error, name).toBeUndefined()
    expect(z.toJSONSchema(definition.schema)).toMatchObject({ type: 'object', additionalProperties: false })
  }
})

describe('states', () => {
  test.each([
    ['requested', 'outgoing', written('contact-letter')],
    ['supplementing', 'incoming', written('contact-letter', 'supplement-request')],
    ['verifying', 'outgoing', written('contact-letter', 'supplement-request', 'supplement')],
    ['supplementing', 'incoming', written('contact-letter', 'supplement-request', 'supplement', 'supplement-request')],
    ['informed', 'incoming', written('contact-letter', 'information-form')],
    ['informed', 'incoming', written('contact-letter', 'supplement-request', 'supplement', 'information-form')],
    ['disputed', 'outgoing', disputed],
    ['informed', 'incoming', [...disputed, ['information-form', corrected] as const]],
    ['completed', null, written('contact-letter', 'information-form', 'completion')],
    ['returned', null, written('contact-letter', 'return')],
    ['returned', null, written('contact-letter', 'supplement-request', 'return')],
    ['returned', null, written('contact-letter', 'supplement-request', 'supplement', 'return')],
    ['withdrawn', null, [...disputed, ...written('withdrawal')]],
    ['withdrawn', null, written('contact-letter', 'supplement-request', 'withdrawal')],
  ])('%s, ball: %s', (state, ball, documents) => {
    const played = playCase(insuranceTransfer, documents)
    expect(played.replay.state).toBe(state)
    expect(played.replay.ballHolder).toBe(ball)
    expect(new Set(standings(played))).toEqual(new Set(['effective']))
  })

  test('a corrected form that is not the next version is void', () => {
    const played = playCase(insuranceTransfer, [...disputed, ['information-form', exampleForm]])
    expect(played.replay.state).toBe('disputed')
    expect(played.replay.standings.get('3-information-form')).toMatchObject({ standing: 'void', reason: { code: 'form-version' } })
  })

  test('nothing follows a final state', () => {
    expect(standings(playCase(insuranceTransfer, written('contact-letter', 'information-form', 'completion', 'withdrawal'))).at(-1)).toBe(
      'void',
    )
  })
})

describe('deadlines', () => {
  const due = (played: PlayedCase) => played.replay.deadlines.map(({ rule, holder, due }) => `${rule} ${holder} ${due}`)

  test('between Sichuan and Chongqing one clock runs from the letter, held by whoever has the ball', () => {
    expect(due(playCase(insuranceTransfer, written('contact-letter')))).toEqual(['transfer outgoing 2026-11-27'])
    expect(due(playCase(insuranceTransfer, written('contact-letter', 'information-form')))).toEqual(['transfer incoming 2026-11-27'])
    expect(due(playCase(insuranceTransfer, written('contact-letter', 'information-form', 'completion')))).toEqual([])
  })

  test('the working days are those of the day of receipt', () => {
    expect(due(playCase(insuranceTransfer, written('contact-letter'), undefined, '2025-11-07'))).toEqual(['transfer outgoing 2025-11-21'])
    expect(due(playCase(insuranceTransfer, written('contact-letter'), undefined, '2025-11-10'))).toEqual(['transfer outgoing 2025-11-17'])
  })

  test('any other pair: fifteen from the letter, then fifteen from the form', () => {
    const elsewhere = { owner: '440000', other: '500000' }
    expect(due(playCase(insuranceTransfer, written('contact-letter'), elsewhere))).toEqual(['information-form outgoing 2026-12-11'])
    expect(due(playCase(insuranceTransfer, written('contact-letter', 'supplement-request'), elsewhere))).toEqual([])
    expect(due(playCase(insuranceTransfer, written('contact-letter', 'information-form'), elsewhere))).toEqual([
      'completion incoming 2026-12-11',
    ])
  })
})

describe('effects', () => {
  const effects = (played: PlayedCase, role: string) => insuranceTransfer.effects(played.replay.view, role)
  const claimed = (played: PlayedCase) =>
    effects(played, 'outgoing').flatMap((effect) => (effect.kind === 'claim' ? [effect.lookup.value] : []))
  const relation = '500103198812310020|110|500000-0001'

  test('the outgoing side claims the relation from the letter on, and each month of the form', () => {
    expect(claimed(playCase(insuranceTransfer, written('contact-letter')))).toEqual([relation])
    const sent = claimed(playCase(insuranceTransfer, written('contact-letter', 'information-form')))
    expect(sent).toHaveLength(1 + exampleForm.local.months)
    expect(sent).toContain(`${relation}|2019-03`)
    expect(sent).toContain(`${relation}|2026-06`)
    expect(claimed(playCase(insuranceTransfer, written('contact-letter', 'information-form', 'completion')))).toEqual(sent)
  })

  test('a return and a withdrawal give the claims back; the incoming side claims nothing', () => {
    expect(claimed(playCase(insuranceTransfer, written('contact-letter', 'return')))).toEqual([])
    expect(claimed(playCase(insuranceTransfer, written('contact-letter', 'information-form', 'withdrawal')))).toEqual([])
    expect(effects(playCase(insuranceTransfer, written('contact-letter')), 'incoming')).toEqual([])
  })

  test('excluded months stay free', () => {
    const [, example] = examples['information-form']
    const played = playCase(insuranceTransfer, [
      ['contact-letter', { ...exampleLetter, insuranceType: '210' }],
      ['information-form', example?.body.data],
    ])
    expect(findingsOfLast(played)).toEqual([])
    expect(claimed(played)).toContain('500103198812310020|210|500000-0001|2025-09')
    expect(claimed(played)).not.toContain('500103198812310020|210|500000-0001|2025-10')
  })

  test('a conflict drafts a return R08 that is valid', () => {
    const [claim] = effects(playCase(insuranceTransfer, written('contact-letter')), 'outgoing')
    if (claim?.kind !== 'claim') throw new Error('no claim')
    expect(claim.onConflict).toMatchObject({ document: 'return', data: { code: 'R08' } })
    expect(insuranceTransfer.documents.return?.schema.safeParse(claim.onConflict.data).success).toBe(true)
  })

  test('completion settles on both sides and ends the relation on the outgoing one', () => {
    const played = playCase(insuranceTransfer, written('contact-letter', 'information-form', 'completion'))
    const row = {
      insuranceType: '110',
      payer: '500000',
      payee: '510100',
      poolYuan: exampleForm.amounts?.poolTransfer,
      personalYuan: exampleForm.amounts?.individualTransfer,
      totalYuan: exampleForm.amounts?.totalTransfer,
      completedOn: '2026-11-20',
    }
    expect(effects(played, 'incoming')).toEqual([{ kind: 'settlement', key: 'settlement', digest: '2-completion', data: row }])
    const outgoing = effects(played, 'outgoing').filter((effect) => effect.kind !== 'claim')
    expect(outgoing).toMatchObject([
      { kind: 'settlement', data: row },
      {
        kind: 'register',
        register: 'insured-persons',
        lookup: { kind: 'person', value: '500103198812310020|110' },
        data: { endedOn: '2026-11-20', transferredTo: '510100' },
      },
    ])
    const [entered] = outgoing.flatMap((effect) => (effect.kind === 'register' ? [effect.data] : []))
    expect(insuranceTransfer.entries?.['insured-persons']?.parse(entered)).toEqual(entered)
  })

  test('before completion nothing settles and no relation ends', () => {
    const played = playCase(insuranceTransfer, written('contact-letter', 'information-form'))
    expect(effects(played, 'outgoing').every((effect) => effect.kind === 'claim')).toBe(true)
    expect(effects(played, 'incoming')).toMatchObject([{ kind: 'task', document: 'completion' }])
    expect(effects(playCase(insuranceTransfer, written('contact-letter', 'supplement-request')), 'incoming')).toMatchObject([
      { kind: 'task', document: 'supplement' },
    ])
  })

  test('without amounts nothing settles', () => {
    const { amounts, ...without } = exampleForm
    const played = playCase(
      insuranceTransfer,
      [['contact-letter', exampleLetter], ['information-form', without], ...written('completion')],
      {
        owner: '510100',
        other: '510700',
      },
    )
    expect(effects(played, 'incoming')).toEqual([])
  })
})

test('a case that has not begun has no effects', () => {
  const { view } = playCase(insuranceTransfer, []).replay
  for (const role of ['incoming', 'outgoing']) expect(insuranceTransfer.effects(view, role)).toEqual([])
})
