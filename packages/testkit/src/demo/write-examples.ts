/** Writes the input of the demo below examples/: `node packages/testkit/src/demo/write-examples.ts`. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { exampleFiles } from './example-files.ts'

const root = new URL('../../../../examples/', import.meta.url)

for (const [path, text] of exampleFiles()) {
  const file = fileURLToPath(new URL(path, root))
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
}
