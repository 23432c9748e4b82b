// node packages/translog/test/write-vectors.ts: writes packages/translog/vectors anew. A test fails when they are stale.
import { writeFile } from 'node:fs/promises'
import { allVectors } from './make-vectors/all-vectors.ts'

for (const [name, build] of Object.entries(allVectors)) {
  await writeFile(new URL(`../vectors/${name}.json`, import.meta.url), `${JSON.stringify(await build(), null, 1)}\n`)
}
