import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../../..', import.meta.url))

const importsSql = /\bimport\s*\{[^}]*\bsql\b[^}]*\}\s*from\s*['"]kysely['"]/
const buildsQueries = /\.(?:selectFrom|insertInto|replaceInto|updateTable|deleteFrom|mergeInto)\(/

const sources = ['packages/exchange/src', ...readdirSync(`${root}/services`).map((name) => `services/${name}/src`)].flatMap((folder) =>
  readdirSync(`${root}/${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .map((path) => `${folder}/${path}`),
)
const withSql = sources.filter((path) => {
  const text = readFileSync(`${root}/${path}`, 'utf8')
  return importsSql.test(text) || buildsQueries.test(text)
})
const mayHoldSql = (path: string) => path.endsWith('-store.ts') || path.startsWith('packages/exchange/src/db/')

test('the stores are found by the SQL that they hold', () => {
  expect(withSql.filter(mayHoldSql).length).toBeGreaterThan(10)
})

test('SQL stands in *-store.ts and in db/ only (style.md, Database)', () => {
  expect(withSql.filter((path) => !mayHoldSql(path))).toEqual([])
})
