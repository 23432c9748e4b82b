/**
 * `pnpm sandbox`: an empty federation of real node processes, for integrators and for tests from outside. With --json it
 * prints exactly one line on stdout; everything for people goes to stderr. Exit 0 when asked to stop, 2 for wrong usage,
 * 1 when something failed.
 */
import { StartPostgresError } from '../postgres/start-postgres.ts'
import { parseSandboxOptions, type SandboxOptions, usage } from './options.ts'
import { describeForPeople, readyLine } from './report.ts'
import { type Federation, startFederation } from './start-federation.ts'

const say = (text: string) => process.stderr.write(`${text}\n`)

const parsed = parseSandboxOptions(process.argv.slice(2), new Date().toISOString().slice(0, 10))
if (parsed.ok) await run(parsed.options)
else {
  for (const { zh, en } of [...parsed.problems, usage]) say(`${zh}\n${en}`)
  process.exitCode = 2
}

async function run(options: SandboxOptions): Promise<void> {
  let asked = () => {}
  let lost: (error: Error) => void = () => {}
  const ended = new Promise<Error | undefined>((resolve) => {
    asked = () => resolve(undefined)
    lost = resolve
  })
  // A reader that has gone away is no reason to leave processes behind.
  process.stdout.on('error', () => {})
  process.stderr.on('error', () => {})
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, asked)

  let federation: Federation
  try {
    federation = await startFederation({
      regions: options.regions,
      ...(options.dataDir === undefined ? {} : { dataDir: options.dataDir }),
      ...(options.portBase === undefined ? {} : { portBase: options.portBase }),
      restartNodes: true,
      log: say,
      onLost: lost,
    })
  } catch (error) {
    say(explain(error))
    process.exitCode = 1
    return
  }
  if (options.json) process.stdout.write(`${JSON.stringify(readyLine(federation))}\n`)
  else process.stdout.write(describeForPeople(federation))
  // Pending promises keep no process alive; a timer does, until somebody asks us to stop.
  const alive = setInterval(() => {}, 1 << 30)
  const error = await ended
  if (error !== undefined) {
    say(explain(error))
    process.exitCode = 1
  }
  say('正在停止 … / stopping …')
  await federation.stop()
  clearInterval(alive)
}

function explain(error: unknown): string {
  if (error instanceof StartPostgresError && error.code === 'data-in-use')
    return `这个数据目录正被另一个沙箱使用。\nAnother sandbox is using this data folder.\n${error.message}`
  if (error instanceof StartPostgresError && error.code === 'port-in-use')
    return `端口已被占用，请换一个 --port-base。\nThe port is in use: choose another --port-base.\n${error.message}`
  const message = error instanceof Error ? error.message : String(error)
  if (message.includes('EADDRINUSE'))
    return `端口已被占用，请换一个 --port-base。\nA port is in use: choose another --port-base.\n${message}`
  return `沙箱启动失败或中断。\nThe sandbox failed.\n${message}`
}
