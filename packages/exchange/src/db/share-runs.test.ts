import { expect, test } from 'vitest'
import { shareRuns } from './share-runs.ts'

test('questions that come during a run share the next one, and each gets its own answer', async () => {
  const runs: (readonly number[])[] = []
  const double = shareRuns(async (numbers: readonly number[]) => {
    runs.push(numbers)
    await Promise.resolve()
    return numbers.map((number) => number * 2)
  })
  expect(await Promise.all([1, 2, 2, 3].map(double))).toEqual([2, 4, 4, 6])
  expect(await double(4)).toBe(8)
  expect(runs).toEqual([[1], [2, 2, 3], [4]])
})

test('a run that fails fails those it was for, and no other', async () => {
  const failOn = shareRuns(async (words: readonly string[]) => {
    await Promise.resolve()
    if (words.includes('bad')) throw new Error('bad')
    return words
  })
  const answers = await Promise.allSettled([failOn('good'), failOn('bad'), failOn('unlucky')])
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
  expect(await failOn('good')).toBe('good')
})
