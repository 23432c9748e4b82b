import { access, constants } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { EXIT } from '../exit-codes.ts'
import { type Language, say } from '../language.ts'
import type { Program } from '../program.ts'
import { runProcess } from '../run-process.ts'

/** `hefu start`: runs the node as a process of its own, with the settings of one file. Its exit code is the node's. */
export function addStart(program: Program): void {
  program
    .command('start')
    .description('启动本区域节点 / run this region’s node')
    .requiredOption('--env-file <file>', '节点配置（KEY=VALUE，每行一项）/ the node’s settings (KEY=VALUE, one a line)')
    .action(async ({ envFile }) => {
      process.exitCode = await start(envFile, program.opts().lang)
    })
}

async function start(envFile: string, language: Language): Promise<number> {
  try {
    await access(envFile, constants.R_OK)
  } catch {
    process.stderr.write(say({ zh: `${envFile}：配置文件无法读取`, en: `${envFile}: the settings file cannot be read` }, language))
    return EXIT.failed
  }
  return runProcess(process.execPath, [`--env-file=${envFile}`, fileURLToPath(NODE_MAIN)])
}

/** Spawned and never imported: the node is a service, and this package does not depend on it. */
const NODE_MAIN = new URL('../../../../services/node/src/main.ts', import.meta.url)
