// node packages/translog/test/write-vectors.ts: writes packages/translog/vectors anew. A test fails when they are stale.
import { writeFile } from 'node:fs/promises'
import { buildVectors } from './build-vectors.ts'

await writeFile(new URL('../vectors/trees.json', import.meta.url), `${JSON.stringify(buildVectors(), null, 1)}\n`)
