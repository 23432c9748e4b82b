import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseEnv } from 'node:util'
import { EXIT } from '../exit-codes.ts'
import { type Language, say, type Text } from '../language.ts'
import type { Program } from '../program.ts'
import { runProcess } from '../run-process.ts'

/**
 * `hefu start`: runs the node as a process of its own, with the settings of one file. Its exit code is the node's, and as the node's own 2
 * when there are no settings to be read. The
 * option is not called `--env-file`: every Node between the shell and us would take that one for itself.
 */
export function addStart(program: Program): void {
  program
    .command('start')
    .description('启动本区域节点 / run this region’s node')
    .requiredOption('--settings <file>', '节点配置（NAME=value，每行一项）/ the node’s settings (NAME=value, one a line)')
    .action(async ({ settings }) => {
      process.exitCode = await start(settings, program.opts().lang)
    })
}

async function start(file: string, language: Language): Promise<number> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    process.stderr.write(say(isMissing(error) ? missing(file) : unreadable(file), language))
    return EXIT.usage
  }
  // As with Node's own option, what the environment sets already wins over the file.
  return runProcess(process.execPath, [fileURLToPath(NODE_MAIN)], { ...parseEnv(text), ...process.env })
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

function missing(file: string): Text {
  return { zh: `${file}：配置文件不存在`, en: `${file}: there is no such settings file` }
}

function unreadable(file: string): Text {
  return { zh: `${file}：配置文件无法读取`, en: `${file}: the settings file cannot be read` }
}

/** Spawned and never imported: the node is a service, and this package does not depend on it. */
const NODE_MAIN = new URL('../../../../services/node/src/main.ts', import.meta.url)
