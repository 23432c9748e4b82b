// node packages/procedures/test/write-vectors.ts: writes packages/procedures/vectors anew. A test fails when they are stale.
import { writeFile } from 'node:fs/promises'
import { buildVectors } from './make-vectors/build-vectors.ts'

for (const [name, content] of Object.entries(buildVectors())) {
  await writeFile(new URL(`../vectors/${name}`, import.meta.url), `${JSON.stringify(content, null, 1)}\n`)
}
