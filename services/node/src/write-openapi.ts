import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { procedures, registers } from '@hefu/procedures'
import { apiDocument } from './api/api-document.ts'
import { exchangeDocument } from './exchange/exchange-routes.ts'

const folder = new URL('../../../openapi/', import.meta.url)
const documents = { 'node.json': apiDocument(procedures, registers), 'exchange.json': exchangeDocument() }

await main(process.argv.includes('--check'))

/** Writes the committed OpenAPI documents, or with `--check` ends with 1 when one is stale. Needs no database. */
async function main(check: boolean): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const [name, document] of Object.entries(documents)) {
    const text = `${JSON.stringify(document, null, 2)}\n`
    const file = new URL(name, folder)
    if (!check) {
      await writeFile(file, text)
      continue
    }
    const committed = await readFile(file, 'utf8').catch(() => '')
    if (committed === text) continue
    process.stderr.write(`openapi/${name} is stale: run "pnpm openapi"\n`)
    process.exitCode = 1
  }
}
