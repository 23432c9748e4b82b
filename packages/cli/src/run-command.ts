import { CommanderError } from '@commander-js/extra-typings'
import { EXIT } from './exit-codes.ts'
import { buildProgram } from './program.ts'

/** `hefu` on the arguments of this process. */
export async function runCommand(): Promise<void> {
  try {
    await buildProgram().parseAsync()
  } catch (error) {
    // Help and version end this way too, with exit code 0; whatever else the parser says is wrong usage.
    if (!(error instanceof CommanderError)) throw error
    process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage
  }
}
