import type { CaseInput, InputProblem } from './demo-input.ts'
import { PlayError } from './officer.ts'
import { playCase, type Stage } from './play-case.ts'

/**
 * Plays the cases of one procedure, `atOnce` at a time, each after the one it names. `onDone` after each. Answers what
 * could not be played, by line; the other cases go on.
 */
export async function playCases(stage: Stage, cases: readonly CaseInput[], atOnce: number, onDone: () => void): Promise<InputProblem[]> {
  const problems: InputProblem[] = []
  const ends = new Map<string, Promise<void>>()
  const waiting = cases.map((input) => {
    const end = Promise.withResolvers<void>()
    const name = input.content.id === undefined ? undefined : `${input.owner} ${input.content.id}`
    if (name !== undefined) ends.set(name, end.promise)
    return { input, end }
  })
  // The lines that wait for another stand last, so that they hold up nobody and what they wait for has begun.
  const queue = [...waiting.filter(({ input }) => !input.content.after), ...waiting.filter(({ input }) => input.content.after)]
  const work = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      stage.signal.throwIfAborted()
      const { input, end } = next
      if (input.content.after !== undefined) await ends.get(`${input.owner} ${input.content.after}`)
      await playCase(stage, input).catch((error: unknown) => problems.push(problemOf(input, error)))
      end.resolve()
      onDone()
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return problems
}

function problemOf({ file, line }: CaseInput, error: unknown): InputProblem {
  const at = { file, line, pointer: '' }
  if (error instanceof PlayError) return { ...at, zh: error.zh, en: error.en }
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return { ...at, zh: `调用节点失败：${text}`, en: `calling the node failed: ${text}` }
}
