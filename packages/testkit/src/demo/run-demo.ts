import { procedures } from '@hefu/procedures'
import type { Bilingual } from '@hefu/reference'
import { type ApiClient, apiClient } from '../api-client.ts'
import { compareHalves } from '../halves.ts'
import type { Federation } from '../sandbox/start-federation.ts'
import type { CaseInput, DemoInput, InputProblem } from './demo-input.ts'
import { importRegisters } from './import-registers.ts'
import { openMeter } from './measure.ts'
import { playCases } from './play-cases.ts'
import { startProgress } from './progress.ts'
import type { DemoReport } from './report.ts'

/** What the demo spent its time on, in order. */
export interface Phase {
  readonly title: Bilingual
  readonly seconds: number
}

export interface DemoRun {
  readonly report: DemoReport
  readonly problems: readonly InputProblem[]
  readonly differences: readonly string[]
  readonly phases: readonly Phase[]
}

/** Cases of one procedure that are under way at the same time: enough to keep both nodes busy, few enough to be officers. */
const casesAtOnce = 4
const settleWithinMs = 60_000

export const phaseTitles = {
  start: { zh: '启动', en: 'start' },
  registers: { zh: '登记簿', en: 'registers' },
  cases: { zh: '办件', en: 'cases' },
  settle: { zh: '等待送达', en: 'settle' },
  compare: { zh: '比对', en: 'compare' },
} as const satisfies Readonly<Record<string, Bilingual>>

/** Runs the whole input through a federation that has just been started. Rejects when `signal` aborts. */
export async function runDemo(federation: Federation, input: DemoInput, signal: AbortSignal, isTerminal: boolean): Promise<DemoRun> {
  const phases: Phase[] = [{ title: phaseTitles.start, seconds: performance.now() / 1000 }]
  const timed = async <Result>(name: keyof typeof phaseTitles, work: () => Promise<Result>): Promise<Result> => {
    const start = performance.now()
    const result = await work()
    phases.push({ title: phaseTitles[name], seconds: (performance.now() - start) / 1000 })
    return result
  }
  const officers = new Map(federation.nodes.map(({ region, api, tokens }) => [region as string, apiClient(api, tokens.officer)]))
  const officer = (region: string): ApiClient => {
    const found = officers.get(region)
    if (found === undefined) throw new Error(`no node for ${region}`)
    return found
  }
  const meter = await openMeter(federation)
  try {
    const written: string[] = []
    const onWritten = (id: string) => written.push(id)
    const problems = await timed('registers', async () => await importRegisters(officer, input.registers, signal))
    problems.push(...(await timed('cases', async () => await playAll({ officer, onWritten, signal }, input.cases, isTerminal))))
    const left = await timed('settle', async () => await meter.settle(settleWithinMs, signal))
    if (left !== null)
      problems.push({ file: '.', line: null, pointer: '', zh: `尚未送达或办理：${left.zh}`, en: `still on its way: ${left.en}` })
    const { differences, counted } = await timed('compare', async () => await compareAll(federation))
    const halvesMatch = differences.length === 0
    const report: DemoReport = {
      ok: halvesMatch && problems.length === 0,
      seconds: Math.round(performance.now() / 100) / 10,
      procedures: counted,
      messages: await meter.messages(),
      halvesMatch,
      latencyMs: await meter.latency(written),
    }
    return { report, problems, differences, phases }
  } finally {
    await meter.close()
  }
}

async function playAll(stage: Parameters<typeof playCases>[0], cases: readonly CaseInput[], isTerminal: boolean): Promise<InputProblem[]> {
  const groups = procedures
    .map((procedure) => ({ procedure, cases: cases.filter((one) => one.procedure === procedure) }))
    .filter((group) => group.cases.length > 0)
  const lines = groups.map(({ procedure, cases: { length } }) => ({
    name: procedure.name,
    title: `${procedure.title.zh} ${procedure.title.en}`,
    total: length,
  }))
  const progress = startProgress(lines, isTerminal)
  try {
    const found = await Promise.all(
      groups.map(async (group) => await playCases(stage, group.cases, casesAtOnce, () => progress.done(group.procedure.name))),
    )
    return found.flat()
  } finally {
    progress.stop()
  }
}

async function compareAll(federation: Federation): Promise<{ differences: string[]; counted: DemoReport['procedures'] }> {
  const halves = federation.nodes.map(({ region, api, tokens }) => ({ region, auditor: apiClient(api, tokens.auditor) }))
  const differences: string[] = []
  for (const [at, a] of halves.entries()) for (const b of halves.slice(at + 1)) differences.push(...(await compareHalves(a, b)))
  return { differences, counted: await countCases(halves) }
}

/** Each case once, on the node of the region that opened it: the first part of its number. */
async function countCases(halves: readonly { readonly region: string; readonly auditor: ApiClient }[]): Promise<DemoReport['procedures']> {
  const counted: Record<string, { cases: number; final: number; states: Record<string, number> }> = {}
  for (const { name } of procedures) counted[name] = { cases: 0, final: 0, states: {} }
  for (const { region, auditor } of halves) {
    for (const one of await auditor.all('/v1/cases?limit=200')) {
      const of = counted[String(one.procedure)]
      if (of === undefined || !String(one.caseNumber).startsWith(`${region}-`)) continue
      const state = String(one.state)
      of.cases += 1
      of.final += one.final ? 1 : 0
      of.states[state] = (of.states[state] ?? 0) + 1
    }
  }
  return counted
}
