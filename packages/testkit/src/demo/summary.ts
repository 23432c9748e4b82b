import { type Procedure, procedures } from '@hefu/procedures'
import type { InputProblem } from './demo-input.ts'
import type { DemoReport } from './report.ts'
import type { Phase } from './run-demo.ts'

/** The table for people, in both languages. */
export function summaryText(report: DemoReport, phases: readonly Phase[]): string {
  const { messages, latencyMs } = report
  const took = phases.map(({ title, seconds }) => `${title.zh} ${title.en} ${seconds.toFixed(1)}`)
  const rows = [
    ['业务流程 procedure', '办件 cases', '终态 final', '各状态 states'],
    ...procedures.flatMap((procedure) => rowsOf(procedure, report)),
  ]
  return [
    '',
    ...table(rows),
    '终态 final：办件已结束。其余并未卡住，而是业务流程保持开放的状态：已归档的通报以后仍可更正、修复或撤回，立案通报等待处理决定；',
    '  已核验的证书仍可作出决定或被撤销，认可与不予认可仍可复核。',
    'final: the case is over. The others are not stuck, the procedure keeps them open: a filed notice may still be corrected, repaired',
    '  or retracted, a suspicion waits for its decision; a verified certificate may still be decided on or revoked, a recognition or',
    '  a refusal may still be reviewed.',
    '',
    `报文 messages      发出 sent ${messages.sent}    有回执 receipted ${messages.receipted}    已办理 applied ${messages.applied}`,
    `时延 latency       p50 ${latencyMs.p50} ms    p99 ${latencyMs.p99} ms`,
    '  从受理请求的节点写入文书（略早于 201）到对方节点办理完毕；按两个节点数据库中的时刻、同一台机器的时钟、在演示的负荷下',
    '  from the accepting node writing the document (just before its 201) to the other node having applied it: instants in both',
    "  databases, one machine's clock, under the demo's load; automatic answers are not counted",
    `用时 seconds       ${report.seconds}  (${took.join('，')})`,
    report.halvesMatch ? '两地各半完全相符 ✓ the halves match' : '两地各半不相符 ✗ the halves do NOT match',
    '',
  ].join('\n')
}

/** Problems as `file:line pointer`, each with what to do, the first twenty. */
export function problemsText(problems: readonly InputProblem[]): string {
  const shown = problems.slice(0, 20).map(({ file, line, pointer, zh, en }) => {
    const at = [line === null ? file : `${file}:${line}`, pointer].filter((part) => part !== '').join(' ')
    return `${at}\n  ${zh}\n  ${en}`
  })
  const more = problems.length - shown.length
  return [...shown, ...(more > 0 ? [`… 另有 ${more} 处 / and ${more} more`] : [])].join('\n')
}

function rowsOf(procedure: Procedure, report: DemoReport): string[][] {
  const counted = report.procedures[procedure.name]
  if (counted === undefined) return []
  const states = Object.entries(counted.states).map(([state, count]) => `${procedure.states[state]?.title.zh ?? ''} ${state} ${count}`)
  return [[`${procedure.title.zh} ${procedure.name}`, String(counted.cases), String(counted.final), states.join('，')]]
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>((most, row) => row.map((cell, at) => Math.max(most[at] ?? 0, width(cell))), [])
  return rows.map((row) =>
    row
      .map((cell, at) => cell + ' '.repeat((widths[at] ?? 0) - width(cell)))
      .join('  ')
      .trimEnd(),
  )
}

/** Columns on a terminal: Chinese characters take two. */
function width(text: string): number {
  return [...text].reduce((sum, character) => sum + (character > '\u2e7f' ? 2 : 1), 0)
}
