import { InvalidArgumentError } from '@commander-js/extra-typings'
import { tokensOf } from '../api/caller-options.ts'
import { AuditError } from '../audit/audit-error.ts'
import { exportLog } from '../audit/export-log.ts'
import { folderReader } from '../audit/export-reader.ts'
import { matchExports } from '../audit/match-exports.ts'
import { printEvidence, printMatch, printVerify } from '../audit/print-report.ts'
import { type ProgressBar, progressBar } from '../audit/progress-bar.ts'
import { keysOf, readEvidence, readFederation, readPolicies } from '../audit/read-inputs.ts'
import { readToken } from '../audit/read-token.ts'
import { readState, writeState } from '../audit/state-file.ts'
import { verifyEvidence } from '../audit/verify-evidence.ts'
import { verifySuccession } from '../audit/verify-succession.ts'
import { AUDIT_EXIT } from '../exit-codes.ts'
import { type Language, say } from '../language.ts'
import type { Program } from '../program.ts'

const POLICY = '策略文件：日志与见证密钥 / policy file: keys of logs and witnesses'
const FEDERATION = '联合体文件：核验报文与回执签名 / federation file: verifies signatures of messages and receipts'
const JSON_ONLY = '只输出一行 JSON / print one line of JSON'
const PREVIOUS = '更早日志的导出，可多次给出 / export of a log that came before; may be given several times'
const DIRECTORY = '导出目录 / export folder'

/** `hefu audit`: what an auditor needs, offline but for `export`. */
export function addAudit(program: Program): void {
  const audit = program.command('audit').description('审计交换日志 / audit the exchange log')

  audit
    .command('export')
    .description('导出日志，可中断后继续 / export the log; goes on where it was interrupted')
    .requiredOption('--api <url>', '本区域节点的本地接口 / local API of the node')
    .requiredOption('--out <dir>', DIRECTORY)
    .option('--token <token>', '审计员令牌；也可用 HEFU_TOKEN / auditor’s token; HEFU_TOKEN works too')
    .option('--token-file <file>', '令牌文件 / file with the token')
    .option('--as <client>', '以此客户端换取令牌，需要 --key / get tokens as this client, with --key')
    .option('--key <file>', '该客户端的私钥文件 / its private key file')
    .option('--issuer <url>', '节点自称的地址，默认与 --api 相同 / what the node calls itself, where that is not --api')
    .option('--epoch <n>', '该区域的第几份日志，默认现行日志 / which log of the region, from 0; the live one where absent', wholeNumber)
    .option('--from <index>', '从此条目起 / entries from this index', wholeNumber)
    .option('--to <index>', '到此条目止（不含）/ entries up to this index, not included', wholeNumber)
    .option('--json', JSON_ONLY)
    .action(({ api, out, token, tokenFile, as, key, issuer, epoch, from, to, json }) =>
      run(program.opts().lang, '导出 / export', async (bar) => {
        const secret =
          as !== undefined && key !== undefined
            ? tokensOf({ api, as, key, issuer })
            : await readToken({ token, tokenFile, env: process.env })
        const done = await exportLog({ api, token: secret, out, epoch, from, to, nowMs: Date.now, onProgress: bar.show })
        const text = {
          zh: `已导出 ${done.origin}，条目 ${done.size}，至 ${out}`,
          en: `${done.origin}, ${done.size} entries, exported to ${out}`,
        }
        const ok = done.lacking.length === 0
        const lacking = {
          zh: `\n有 ${done.lacking.length} 个文件节点给不出合格的内容（首个：${done.lacking[0]}）：请运行 hefu audit verify，它会指出所涉条目`,
          en: `\n${done.lacking.length} files the node could not give as what they must be (the first: ${done.lacking[0]}): run hefu audit verify, it names their entries`,
        }
        const whole = ok ? text : { zh: text.zh + lacking.zh, en: text.en + lacking.en }
        return { ok, text: json ? jsonLine({ ok, ...done }) : say(whole, program.opts().lang) }
      }),
    )

  audit
    .command('verify <dir>')
    .description('从字节重算并核验一份导出 / recompute an export from its bytes')
    .requiredOption('--policy <file>', POLICY)
    .option('--federation <file>', FEDERATION)
    .option('--previous <dir>', PREVIOUS, several, [])
    .option('--state <file>', '记住已核验的日志头，拒绝回退 / keeps the last verified head, refuses a rollback')
    .option('--json', JSON_ONLY)
    .action((dir, { policy, federation, previous, state, json }) =>
      run(program.opts().lang, dir, async (bar) => {
        const policies = await readPolicies(policy)
        const keys = keysOf(federation === undefined ? undefined : await readFederation(federation))
        const seen = state === undefined ? new Map() : await readState(state)
        const options = { policies, state: seen, lookUpKey: keys, onProgress: bar.show }
        const { report, head } = await verifySuccession(folderReader(dir), previous.map(folderReader), options)
        if (state !== undefined && head !== undefined) await writeState(state, new Map([...seen, [report.origin, head]]))
        return { ok: report.ok, text: json ? jsonLine(report) : printVerify(report, program.opts().lang) }
      }),
    )

  audit
    .command('match <dir-a> <dir-b>')
    .description('比对两个区域的导出 / match the exports of two regions')
    .option('--policy <file>', POLICY)
    .option('--federation <file>', FEDERATION)
    .option('--previous <dir>', PREVIOUS, several, [])
    .option('--json', JSON_ONLY)
    .action((dirA, dirB, { policy, federation, previous, json }) =>
      run(program.opts().lang, `${dirA} ↔ ${dirB}`, async (bar) => {
        const policies = policy === undefined ? undefined : await readPolicies(policy)
        const lookUpKey = keysOf(federation === undefined ? undefined : await readFederation(federation))
        const options = { policies, lookUpKey, previous: previous.map(folderReader), onProgress: bar.show }
        const report = await matchExports([folderReader(dirA), folderReader(dirB)], options)
        return { ok: report.ok, text: json ? jsonLine(report) : printMatch(report, program.opts().lang) }
      }),
    )

  audit
    .command('case <file>')
    .description('核验一个办件的证据包 / verify the evidence package of one case')
    .requiredOption('--policy <file>', POLICY)
    .option('--federation <file>', FEDERATION)
    .option('--json', JSON_ONLY)
    .action((file, { policy, federation, json }) =>
      run(program.opts().lang, file, async () => {
        const options = {
          policies: await readPolicies(policy),
          federation: federation === undefined ? undefined : await readFederation(federation),
        }
        const report = await verifyEvidence(await readEvidence(file), options)
        return { ok: report.ok, text: json ? jsonLine(report) : printEvidence(report, program.opts().lang) }
      }),
    )
}

/** Whatever keeps the check from being made ends with its own exit code: never to be taken for a verdict. */
async function run(
  language: Language,
  title: string,
  check: (bar: ProgressBar) => Promise<{ readonly ok: boolean; readonly text: string }>,
): Promise<void> {
  const bar = progressBar(title)
  try {
    const { ok, text } = await check(bar)
    bar.end()
    process.stdout.write(text)
    process.exitCode = ok ? AUDIT_EXIT.ok : AUDIT_EXIT.findings
  } catch (error) {
    bar.end()
    process.exitCode = AUDIT_EXIT.unchecked
    process.stderr.write(say(error instanceof AuditError ? error.text : unforeseen(error), language))
  }
}

/** A disk that fails, and what nobody thought of: the name of the error; its message could hold what it was reading. */
function unforeseen(error: unknown) {
  const name = error instanceof Error ? ('code' in error && typeof error.code === 'string' ? error.code : error.name) : 'unknown'
  return { zh: `未能完成核验（${name}）`, en: `could not check (${name})` }
}

function jsonLine(report: unknown): string {
  return `${JSON.stringify(report)}\n`
}

function wholeNumber(text: string): number {
  const value = /^(?:0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError('须为非负整数 / a whole number from 0')
  return value
}

function several(one: string, before: readonly string[]): string[] {
  return [...before, one]
}
