import { expect, test } from 'vitest'
import { type Algorithm, brokenAlgorithms, KNOWN_ANSWERS } from './known-answers.ts'

test('this machine gives every known answer', () => {
  expect(brokenAlgorithms()).toEqual([])
})

test.each(Object.keys(KNOWN_ANSWERS) as Algorithm[])('a wrong answer or a failure of %s is named', (algorithm) => {
  expect(brokenAlgorithms({ ...KNOWN_ANSWERS, [algorithm]: () => false })).toEqual([algorithm])
  const fails = () => {
    throw new Error('no such cipher')
  }
  expect(brokenAlgorithms({ ...KNOWN_ANSWERS, [algorithm]: fails })).toEqual([algorithm])
})
