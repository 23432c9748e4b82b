import { type Command, Option } from '@commander-js/extra-typings'
import { KeyFileError } from '@hefu/protocol'
import { type Language, say, type Text } from '../language.ts'
import { ApiError, type LocalApi, localApi } from './call-api.ts'
import { baseOf, requestToken, TokenRefusedError, UnreachableError } from './request-token.ts'

/** Who calls which node, and how it proves that. */
export interface CallerOptions {
  readonly api: string
  readonly as: string
  readonly key: string
  readonly issuer?: string | undefined
}

export const callerOptions = {
  api: () => new Option('--api <url>', '本区域节点的本地接口 / local API of the node').env('HEFU_API').makeOptionMandatory(),
  as: () => new Option('--as <client>', '以此客户端的身份 / as this client').env('HEFU_CLIENT').makeOptionMandatory(),
  key: () => new Option('--key <file>', '该客户端的私钥文件 / its private key file').env('HEFU_CLIENT_KEY').makeOptionMandatory(),
  issuer: () =>
    new Option(
      '--issuer <url>',
      '节点自称的地址（HEFU_API_URL），默认与 --api 相同 / what the node calls itself (HEFU_API_URL), where that is not --api',
    ),
} as const

/** The options that every command which calls the local API has. */
export function withCaller(command: Command) {
  return command
    .addOption(callerOptions.api())
    .addOption(callerOptions.as())
    .addOption(callerOptions.key())
    .addOption(callerOptions.issuer())
}

/** Of all three when one of them is missing: whoever forgot the first has forgotten the others. */
export function callerMissing(flags: string): Text | undefined {
  const needed = [callerOptions.api(), callerOptions.as(), callerOptions.key()]
  if (!needed.some((option) => option.flags === flags)) return undefined
  const named = (language: 0 | 1) =>
    needed.map(({ flags, envVar, description }) => `\n  ${flags}  ${envVar}  ${description.split(' / ')[language]}`).join('')
  return {
    zh: `缺少选项 ${flags}。调用本地接口的命令需要以下选项或环境变量：${named(0)}`,
    en: `option ${flags} is missing. A command that calls the local API needs these options, or variables of the environment:${named(1)}`,
  }
}

export async function tokenFor({ api, as, key, issuer }: CallerOptions, scopes?: readonly string[]) {
  return await requestToken({ api: baseOf(api), client: as, key, issuer, scopes, nowMs: Date.now() })
}

/** A token whenever one is needed: the same one while it lasts. */
export function tokensOf(caller: CallerOptions): () => Promise<string> {
  let held: { readonly token: string; readonly endsMs: number } | undefined
  return async () => {
    if (held === undefined || held.endsMs < Date.now()) {
      const { token, seconds } = await tokenFor(caller)
      // Asked for anew when four fifths of its time are over.
      held = { token, endsMs: Date.now() + seconds * 800 }
    }
    return held.token
  }
}

export async function apiFor(caller: CallerOptions, language: Language): Promise<LocalApi> {
  return localApi(caller.api, (await tokenFor(caller)).token, language)
}

/** Runs a command that calls the API: what it answers goes to stdout, why it could not to stderr. Returns the exit code. */
export async function runCall(language: Language, work: () => Promise<string>): Promise<0 | 1> {
  try {
    process.stdout.write(await work())
    return 0
  } catch (error) {
    const text = textOf(error)
    if (text === undefined) throw error
    process.stderr.write(text.zh === text.en ? `${text.en}\n` : say(text, language))
    return 1
  }
}

function textOf(error: unknown): Text | undefined {
  if (error instanceof ApiError || error instanceof UnreachableError) return error.text
  if (error instanceof TokenRefusedError) {
    const why = `${error.error}: ${error.message}`
    return { zh: `没有得到令牌（${why}）`, en: `no token was given (${why})` }
  }
  if (error instanceof KeyFileError) return { zh: `私钥文件不可用：${error.message}`, en: error.message }
  return undefined
}
