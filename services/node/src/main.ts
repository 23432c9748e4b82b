import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'

// Before anything else is loaded: from the second start on, nothing is stripped of its types or compiled again. Not in the
// folder for temporary files, where others could have left something to run; where this one cannot be written, there is none.
enableCompileCache(fileURLToPath(new URL('../../../node_modules/.cache/node', import.meta.url)))
// Loading leaves much garbage and would let the young generation grow to a size that a node at rest never needs (about 25 MB of its
// resident memory); under load it may grow again.
setFlagsFromString('--semi-space-growth-factor=1')
const { runNode } = await import('./run-node.ts')
await runNode()
setFlagsFromString('--semi-space-growth-factor=2')
