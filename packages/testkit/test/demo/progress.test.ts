import { Writable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { expect, it } from 'vitest'
import { startProgress } from '../../src/demo/progress.ts'

const lines = [
  { name: 'a', title: '甲 first', total: 8 },
  { name: 'b', title: '乙 second', total: 4 },
]

/** As a terminal takes it: what it would show is in the text that is written. */
class Terminal extends Writable {
  readonly isTTY = true
  readonly columns = 120
  text = ''
  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}

function play(isTerminal: boolean): string {
  const terminal = new Terminal()
  const progress = startProgress(lines, isTerminal, terminal)
  for (let n = 0; n < 8; n++) progress.done('a')
  for (let n = 0; n < 2; n++) progress.done('b')
  progress.stop()
  return terminal.text
}

it('on a terminal each procedure has a bar of its own, drawn to where it stands in the end', () => {
  const text = play(true)
  const bars = stripVTControlCharacters(text).split('\n')
  expect(bars.findLast((line) => line.includes('甲 first'))).toMatch(/█{2,} 8\/8 {2}甲 first/)
  expect(bars.findLast((line) => line.includes('乙 second'))).toMatch(/█+░+ 2\/4 {2}乙 second/)
  // Written over what was there, and the cursor is back in the end.
  expect(text).toContain('\u001B[')
  expect(text).toContain('\u001B[?25h')
})

it('elsewhere there is a line at each quarter of each', () => {
  const quarters = ['2/8  甲 first', '4/8  甲 first', '6/8  甲 first', '8/8  甲 first', '1/4  乙 second', '2/4  乙 second']
  expect(play(false)).toBe(quarters.map((line) => `  ${line}\n`).join(''))
})
