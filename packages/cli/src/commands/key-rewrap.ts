import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from '@commander-js/extra-typings'
import { AuditError } from '../audit/audit-error.ts'
import { progressBar } from '../audit/progress-bar.ts'
import { readToken } from '../audit/read-token.ts'
import { EXIT } from '../exit-codes.ts'
import { type Language, say, type Text } from '../language.ts'
import type { Program } from '../program.ts'

interface RewrapOptions {
  readonly api: string
  readonly token: string
  readonly newEpoch: boolean
  readonly json: boolean
}

interface Rewrap {
  readonly id: string
  readonly state: 'waiting' | 'running' | 'done'
  readonly keys: { readonly total: number | null; readonly done: number }
}

/** `hefu key rewrap`: the node does the work, so this command may be killed at any time, and so may the node. */
export function addKeyRewrap(program: Program): void {
  // Beside the commands of the message keys (key.ts).
  const key = program.commands.find((command) => command.name() === 'key')
  const command = new Command('rewrap')
    .description('将全部数据密钥重新包裹到当前时期 / wrap all data keys anew under the current epoch')
    .requiredOption('--api <url>', '本区域节点的本地接口 / local API of the node')
    .option('--token <token>', '运维人员令牌；也可用 HEFU_TOKEN / operator’s token; HEFU_TOKEN works too')
    .option('--token-file <file>', '令牌文件 / file with the token')
    .option('--new-epoch', '先开始新的时期（两分钟后生效）/ begin a new epoch first (in use after two minutes)')
    .option('--json', '只输出一行 JSON / print one line of JSON')
    .action(async ({ api, token, tokenFile, newEpoch, json }) => {
      const language = program.opts().lang
      try {
        const secret = await readToken({ token, tokenFile, env: process.env })
        process.exitCode = await rewrap({ api, token: secret, newEpoch: newEpoch === true, json: json === true }, language)
      } catch (error) {
        if (!(error instanceof AuditError)) throw error
        process.stderr.write(say(error.text, language))
        process.exitCode = EXIT.usage
      }
    })
  if (key !== undefined) key.addCommand(command.copyInheritedSettings(key))
}

async function rewrap(options: RewrapOptions, language: Language): Promise<number> {
  const ordered = await ask<{ id: string }>(options, 'POST', '/v1/vault/rewraps', options.newEpoch ? { newEpoch: true } : {})
  if (typeof ordered === 'string') return refuse(ordered, language)
  const bar = progressBar('重新包裹 / rewrap')
  for (let misses = 0; ; ) {
    const now = await ask<Rewrap>(options, 'GET', `/v1/vault/rewraps/${ordered.id}`)
    // The node may restart meanwhile: it goes on where it was.
    if (typeof now === 'string' && ++misses > PATIENCE) return refuse(now, language)
    if (typeof now !== 'string') {
      misses = 0
      if (now.keys.total !== null) bar.show(now.keys.done, now.keys.total)
      if (now.state === 'done') {
        bar.end()
        const keys = now.keys.total ?? 0
        process.stdout.write(options.json ? `${JSON.stringify({ ok: true, id: now.id, keys })}\n` : say(done(keys), language))
        return EXIT.ok
      }
    }
    await sleep(1_000)
  }
}

const PATIENCE = 60

/** The answer, or why there is none: a problem's code, or `unreachable`. */
async function ask<T>({ api, token }: RewrapOptions, method: string, path: string, body?: object): Promise<T | string> {
  try {
    const answer = await fetch(new URL(path, api), {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    })
    const json = (await answer.json()) as T & { code?: string }
    return answer.ok ? json : (json.code ?? `http-${answer.status}`)
  } catch {
    return 'unreachable'
  }
}

function refuse(code: string, language: Language): number {
  const text: Text = {
    zh: `未完成（${code}）；已受理的会由节点继续`,
    en: `not finished (${code}); what the node has taken on it goes on with`,
  }
  process.stderr.write(say(text, language))
  return EXIT.failed
}

const done = (keys: number): Text => ({ zh: `已重新包裹 ${keys} 把数据密钥`, en: `${keys} data keys wrapped anew` })
