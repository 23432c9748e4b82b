import { runCall, tokenFor, withCaller } from '../api/caller-options.ts'
import type { Program } from '../program.ts'

/** `hefu token`: an access token on stdout, for `curl -H "Authorization: Bearer $(hefu token …)"`. */
export function addToken(program: Program): void {
  withCaller(program.command('token').description('换取访问令牌 / get an access token'))
    .option('--scope <scope...>', '只要这些权限范围 / only these scopes')
    .option('--json', '只输出一行 JSON / print one line of JSON')
    .action(async ({ scope, json, ...caller }) => {
      process.exitCode = await runCall(program.opts().lang, async () => {
        const { token, seconds, scopes } = await tokenFor(caller, scope)
        return json ? `${JSON.stringify({ token, seconds, scopes })}\n` : `${token}\n`
      })
    })
}
