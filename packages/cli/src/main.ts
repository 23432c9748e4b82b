#!/usr/bin/env -S node --
// The `--` matters: without it Node takes an `--env-file` among our arguments for its own option, wherever it stands, instead of us refusing it.
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

// Before anything else is loaded: from the second run on, nothing is stripped of its types or compiled again, which is most of a short
// command. Not in the folder for temporary files, where others could have left something to run.
enableCompileCache(fileURLToPath(new URL('../../../node_modules/.cache/node', import.meta.url)))
const { runCommand } = await import('./run-command.ts')
await runCommand()
