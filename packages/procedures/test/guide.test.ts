import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'

const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8')

/** The guide's code is the code that the histories run. */
test.each(['address-query/procedure.ts', 'address-query.arbitraries.ts'])('docs/adding-a-procedure.md shows %s as it is', async (file) => {
  const code = (await read(`./${file}`)).replace("'../../src/index.ts'", "'@hefu/procedures'")
  expect(await read('../../../docs/adding-a-procedure.md')).toContain(`\`\`\`ts\n${code}\`\`\`\n`)
})
