import { describe, expect, it } from 'vitest'
import { coalesce } from './coalesce.ts'

function steps() {
  const begun: { readonly end: () => void; readonly fail: () => void }[] = []
  const work = () => new Promise<void>((resolve, reject) => begun.push({ end: resolve, fail: () => reject(new Error('no answer')) }))
  return { begun, work }
}

const turn = async () => await new Promise((resolve) => setImmediate(resolve))

describe('coalesce', () => {
  it('does once more, after it, what was asked for while it ran', async () => {
    const { run } = coalesce()
    const { begun, work } = steps()
    const ended: number[] = []
    for (let n = 0; n < 5; n++) void run('a', work).then(() => ended.push(n))
    await turn()
    expect(begun).toHaveLength(1)
    begun[0]?.end()
    await turn()
    expect(ended).toEqual([0])
    expect(begun).toHaveLength(2)
    // Asked while the second runs: neither of the two began after this question.
    void run('a', work).then(() => ended.push(5))
    begun[1]?.end()
    await turn()
    expect(ended.sort()).toEqual([0, 1, 2, 3, 4])
    begun[2]?.end()
    await turn()
    expect(ended).toContain(5)
  })

  it('does one key while another waits', async () => {
    const { run } = coalesce()
    const { begun, work } = steps()
    void run('a', work)
    void run('b', work)
    expect(begun).toHaveLength(2)
  })

  it('tells each of a failure that was its own, and goes on', async () => {
    const { run, idle } = coalesce()
    const { begun, work } = steps()
    const first = run('a', work)
    const second = run('a', work)
    const quiet = idle()
    begun[0]?.fail()
    await expect(first).rejects.toThrow('no answer')
    await turn()
    begun[1]?.end()
    await second
    await quiet
    expect(begun).toHaveLength(2)
  })
})
