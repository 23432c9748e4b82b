#!/usr/bin/env -S node --
// The `--` matters: without it Node takes an `--env-file` among our arguments for its own option, wherever it stands, instead of us refusing it.
import { CommanderError } from '@commander-js/extra-typings'
import { EXIT } from './exit-codes.ts'
import { buildProgram } from './program.ts'

try {
  await buildProgram().parseAsync()
} catch (error) {
  // Help and version end this way too, with exit code 0; whatever else the parser says is wrong usage.
  if (!(error instanceof CommanderError)) throw error
  process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage
}
