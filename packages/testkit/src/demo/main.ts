/**
 * `pnpm demo`: starts the regions as real node processes, plays the input through them and shows that the halves match.
 * Progress goes to stderr; the summary to stdout, or with --json the report to stdout and the summary to stderr.
 */
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describeForPeople } from '../sandbox/report.ts'
import { type Federation, startFederation } from '../sandbox/start-federation.ts'
import { type DemoOptions, parseDemoOptions, staysUp, usage } from './options.ts'
import { readInput } from './read-input.ts'
import { type DemoRun, runDemo } from './run-demo.ts'
import { problemsText, summaryText } from './summary.ts'

const examples = fileURLToPath(new URL('../../../../examples', import.meta.url))
const say = (text: string) => process.stderr.write(`${text}\n`)

const parsed = parseDemoOptions(process.argv.slice(2))
if (!parsed.ok) {
  for (const { zh, en } of [...parsed.problems, usage]) say(`${zh}\n${en}`)
  process.exitCode = 2
} else if (parsed.options.help) process.stdout.write(`${usage.zh}\n\n${usage.en}\n`)
else process.exitCode = await demo(parsed.options)

async function demo(options: DemoOptions): Promise<number> {
  const read = await readInput(options.input ?? examples, Date.now())
  if (!read.ok) {
    say(`输入文件有误，什么都没有发送：\nThe input is wrong; nothing was sent:\n${problemsText(read.problems)}`)
    return 2
  }
  // A reader that has gone away is no reason to leave processes behind.
  process.stdout.on('error', () => {})
  process.stderr.on('error', () => {})
  const stop = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => stop.abort())
  // Pending promises keep no process alive; a timer does.
  const alive = setInterval(() => {}, 1 << 30)
  let federation: Federation | undefined
  try {
    federation = await startFederation({ regions: read.input.regions, restartNodes: true, log: say })
    const run = await runDemo(federation, read.input, stop.signal, process.stderr.isTTY)
    await show(run, options)
    if (staysUp(options, process.stdout.isTTY)) await stayUp(federation, options, stop.signal)
    return run.report.ok ? 0 : 1
  } catch (error) {
    if (stop.signal.aborted) return 130
    say(`演示中断。\nThe demo failed.\n${error instanceof Error ? error.message : String(error)}`)
    return 1
  } finally {
    say('正在停止 … / stopping …')
    await federation?.stop()
    clearInterval(alive)
  }
}

async function show({ report, problems, differences, phases }: DemoRun, { json }: DemoOptions): Promise<void> {
  await writeFile('demo-report.json', `${JSON.stringify(report)}\n`)
  const text = summaryText(report, phases)
  if (json) say(text)
  else process.stdout.write(text)
  if (problems.length > 0) say(`未走完的办件 / cases that were not played to their end:\n${problemsText(problems)}`)
  for (const difference of differences.slice(0, 20)) say(difference)
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`)
}

async function stayUp(federation: Federation, { json }: DemoOptions, signal: AbortSignal): Promise<void> {
  // With --json the report is all that stdout holds.
  const people = json ? process.stderr : process.stdout
  people.write('演示的各区域继续运行，可作沙箱使用。\nThe regions of the demo stay up, as a sandbox.\n')
  people.write(describeForPeople(federation))
  if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
