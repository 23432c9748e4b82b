import { Option } from '@commander-js/extra-typings'
import { ERASURE_REASONS, RECALL_REASONS } from '@hefu/protocol'
import { apiFor, type CallerOptions, runCall, withCaller } from '../api/caller-options.ts'
import type { Language } from '../language.ts'
import type { Program } from '../program.ts'

const JSON_ONLY = '只输出一行 JSON / print one line of JSON'
const ORDERED = ERASURE_REASONS.filter((reason) => reason !== 'retention-ended')

interface Asked {
  readonly act: string
  readonly to: string
  readonly outcome: string | null
  readonly at: string | null
  readonly heldUntil: string | null
  readonly basis: string | null
  readonly outcomeReason: string | null
}

/** `hefu content`: about the bytes of a case, not its legal state (ADR 0023). The node asks the peer; `show` says what came of it. */
export function addContent(program: Program): void {
  const content = program.command('content').description('办件内容的删除与召回 / erase and recall content')
  const language = () => program.opts().lang
  const run = async (options: CallerOptions & { json?: true | undefined }, path: string, body: object | undefined) => {
    process.exitCode = await runCall(language(), async () => {
      const api = await apiFor(options, language())
      const { body: found } = await api.call(body === undefined ? 'GET' : 'POST', path, body)
      const requests = (Array.isArray(found.contentRequests) ? found.contentRequests : 'act' in found ? [found] : []) as Asked[]
      return options.json ? `${JSON.stringify(body === undefined ? { contentRequests: requests } : found)}\n` : lines(requests, language())
    })
  }

  withCaller(content.command('show').description('查看请求与答复 / show what was asked and answered'))
    .argument('<case>')
    .option('--json', JSON_ONLY)
    .action(async (number, options) => await run(options, `/v1/cases/${number}`, undefined))

  withCaller(content.command('erase').description('责令删除已终结办件的内容 / erase the content of a final case before its time'))
    .argument('<case>')
    .addOption(new Option('--reason <reason>', '原因 / why').choices(ORDERED).makeOptionMandatory())
    .option('--json', JSON_ONLY)
    .action(async (number, { reason, ...options }) => await run(options, `/v1/cases/${number}/erasure`, { reason }))

  withCaller(content.command('recall').description('召回误发的文书 / recall a document that was sent by mistake'))
    .argument('<case>')
    .argument('<document>', '文书的 id / id of the document')
    .addOption(new Option('--reason <reason>', '原因 / why').choices(RECALL_REASONS).makeOptionMandatory())
    .option('--json', JSON_ONLY)
    .action(async (number, id, { reason, ...options }) => await run(options, `/v1/cases/${number}/documents/${id}/recall`, { reason }))
}

function lines(requests: readonly Asked[], language: Language): string {
  const none = { zh: '没有请求', en: 'nothing was asked', both: '没有请求 / nothing was asked' }[language]
  if (requests.length === 0) return `${none}\n`
  const waiting = { zh: '等待答复', en: 'waits for an answer', both: '等待答复 / waits for an answer' }[language]
  return requests
    .map(({ act, to, outcome, at, heldUntil, basis, outcomeReason }) =>
      [act, to, outcome ?? waiting, heldUntil ?? at, basis ?? outcomeReason].filter((part) => part !== null).join('  '),
    )
    .map((line) => `${line}\n`)
    .join('')
}
