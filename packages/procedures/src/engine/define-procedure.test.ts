import { expect, test } from 'vitest'
import { addressQuery } from '../../test/address-query/procedure.ts'
import { defineProcedure, type Procedure, procedures } from '../index.ts'

const { request, reply, confirmation } = addressQuery.documents as Record<
  'request' | 'reply' | 'confirmation',
  NonNullable<Procedure['documents'][string]>
>

test('everything wrong is listed at once', () => {
  const wrong: Procedure = {
    ...addressQuery,
    code: 'aq',
    initial: 'nowhere',
    title: { zh: '', en: 'Address query' },
    documents: {
      request: { ...request, starts: true },
      reply: { ...reply, answers: ['letter'], by: 'nobody' },
      confirmation: {
        ...confirmation,
        examples: [{ title: { zh: '错', en: 'Wrong' }, body: { purpose: 'fun', basis: '', data: { usable: 'yes' } } }],
      },
    },
    states: {
      asked: { title: { zh: '待答复', en: 'Asked' }, ball: 'keeper', on: { reply: 'gone', letter: 'asked' } },
      over: { title: { zh: '结束', en: 'Over' }, ball: 'keeper', final: true, on: {} },
    },
    deadlines: [{ ...addressQuery.deadlines[0], workingDays: 0 } as Procedure['deadlines'][number]],
  }
  let message = ''
  try {
    defineProcedure(wrong)
  } catch (error) {
    message = String(error)
  }
  for (const problem of [
    'title: no zh text',
    'code is not two capital letters',
    'initial state nowhere does not exist',
    'document reply: no role nobody',
    'document reply: answers letter',
    'document confirmation, example 1: /usable',
    'document confirmation, example 1: no purpose fun',
    'state asked: leads to state gone',
    'state asked: on letter',
    'state over: nobody has the ball in a final state',
    'deadline reply: working days',
  ]) {
    expect(message).toContain(problem)
  }
})

test('exactly one starting document, written by the owner', () => {
  const { starts: _, ...never } = request
  expect(() => defineProcedure({ ...addressQuery, documents: { request: never, reply, confirmation } })).toThrow('0 starting documents')
  const { answers: __, ...byKeeper } = { ...reply, starts: true as const }
  expect(() => defineProcedure({ ...addressQuery, documents: { request: never, reply: byKeeper, confirmation } })).toThrow(
    'only the owner starts a case',
  )
})

test('names, paths and codes of the procedures are distinct', () => {
  for (const member of ['name', 'path', 'code'] as const) {
    const values = procedures.map((procedure) => procedure[member])
    expect(new Set(values).size).toBe(values.length)
  }
})
