import { parseArgs } from 'node:util'
import type { Bilingual } from '@hefu/reference'

export interface DemoOptions {
  /** Folder of the input; absent: the committed examples. */
  readonly input?: string
  readonly exit: boolean
  readonly stay: boolean
  readonly json: boolean
  readonly help: boolean
}

export const usage: Bilingual = {
  zh: `用法：pnpm demo [--input 目录] [--exit | --stay] [--json] [--help]
  --input 目录  用您自己的文件（目录结构见 examples/README.md）
  --exit        完成后停止一切并退出；没有终端时即如此
  --stay        完成后各区域继续运行，没有终端时也如此
  --json        在标准输出打印报告（与 demo-report.json 相同）
退出码：0 两地各半相符；1 不相符或有办件未走完；2 参数或输入文件有误，什么都未发送；130 在汇总之前被中断
在终端中，汇总之后各区域继续运行，按 Ctrl-C 停止一切：退出码仍为上面的 0 或 1（经 npx 启动时，npx 自己报告 130）`,
  en: `usage: pnpm demo [--input DIR] [--exit | --stay] [--json] [--help]
  --input DIR  your own files, laid out as examples/README.md says
  --exit       stop everything when done and exit; so it is without a terminal
  --stay       the regions stay up when done, without a terminal too
  --json       print the report, the same as demo-report.json, on stdout
exit codes: 0 the halves match; 1 they do not, or a case was not played to its end; 2 wrong usage or input, nothing was
sent; 130 interrupted before the summary
on a terminal the regions stay up after the summary until Ctrl-C stops everything: the exit code is then still 0 or 1,
as above (npx, where it stands in between, reports 130 of its own)`,
}

/** All problems at once. */
export function parseDemoOptions(
  args: readonly string[],
): { readonly ok: true; readonly options: DemoOptions } | { readonly ok: false; readonly problems: readonly Bilingual[] } {
  const { values, tokens } = parseArgs({
    args: [...args],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: {
      input: { type: 'string' },
      exit: { type: 'boolean' },
      stay: { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  const problems: Bilingual[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') problems.push({ zh: `不认识的参数：${token.value}`, en: `unknown argument: ${token.value}` })
    if (token.kind !== 'option') continue
    if (!['input', 'exit', 'stay', 'json', 'help'].includes(token.name))
      problems.push({ zh: `不认识的选项：${token.rawName}`, en: `unknown option: ${token.rawName}` })
    else if (token.name === 'input' ? !/^(?!-)./.test(token.value ?? '') : token.value !== undefined)
      problems.push(
        token.name === 'input'
          ? { zh: '--input 需要一个目录', en: '--input needs a folder' }
          : { zh: `${token.rawName} 不带值`, en: `${token.rawName} takes no value` },
      )
  }
  if (values.exit === true && values.stay === true)
    problems.push({ zh: '--exit 与 --stay 只能取其一', en: '--exit and --stay exclude each other' })
  if (problems.length > 0) return { ok: false, problems }
  return {
    ok: true,
    options: {
      ...(typeof values.input === 'string' && { input: values.input }),
      exit: values.exit === true,
      stay: values.stay === true,
      json: values.json === true,
      help: values.help === true,
    },
  }
}

/** Whether the regions stay up after the summary: somebody at a terminal may look at them, a script only waits. */
export function staysUp({ exit, stay }: Pick<DemoOptions, 'exit' | 'stay'>, isTerminal: boolean): boolean {
  return stay || (isTerminal && !exit)
}
