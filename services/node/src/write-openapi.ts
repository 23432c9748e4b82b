import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { procedures, registers } from '@hefu/procedures'
import { apiDocument } from './api/api-document.ts'
import { exchangeDocument } from './exchange/exchange-routes.ts'
import { errorsPage } from './http/errors-page.ts'

const root = new URL('../../../', import.meta.url)
const json = (document: unknown) => `${JSON.stringify(document, null, 2)}\n`
const files = {
  'openapi/node.json': json(apiDocument(procedures, registers)),
  'openapi/exchange.json': json(exchangeDocument()),
  'docs/errors.md': errorsPage(),
}

await main(process.argv.includes('--check'))

/** Writes the committed OpenAPI documents and the page of errors, or with `--check` ends with 1 when one is stale. Needs no database. */
async function main(check: boolean): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const file = new URL(name, root)
    if (!check) {
      await mkdir(new URL('.', file), { recursive: true })
      await writeFile(file, text)
      continue
    }
    const committed = await readFile(file, 'utf8').catch(() => '')
    if (committed === text) continue
    process.stderr.write(`${name} is stale: run "pnpm openapi"\n`)
    process.exitCode = 1
  }
}
