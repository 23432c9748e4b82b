import { readdir, readFile } from 'node:fs/promises'
import pg from 'pg'
import { beforeAll, describe, expect, it } from 'vitest'
import { testDatabase } from '../../../testkit/src/postgres/test-database.ts'
import { compareSchema, readStoredColumns } from './compare-schema.ts'
import { readSchemaTypes } from './read-schema-types.ts'

const database = testDatabase()
let source: string
let stored: Awaited<ReturnType<typeof readStoredColumns>>

beforeAll(async () => {
  const folder = new URL('../../src/db/', import.meta.url)
  const files = (await readdir(folder)).filter((name) => name === 'schema.ts' || name.endsWith('-tables.ts'))
  source = (await Promise.all(files.map(async (name) => await readFile(new URL(name, folder), 'utf8')))).join('\n')
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  stored = await readStoredColumns(client).finally(() => client.end())
})

const differences = (text: string) => compareSchema(readSchemaTypes(text), stored)

describe('the types of schema.ts', () => {
  it('are the migrated schema: tables, columns, types, nullability, defaults, closed lists', () => {
    expect(differences(source)).toEqual([])
    expect(readSchemaTypes(source).size).toBe(new Set(stored.map(({ table }) => table)).size)
  })

  it('begin with the index in the table of log entries', () => {
    expect(stored.find(({ table }) => table === 'log_entries')?.column).toBe('index')
  })

  it.each([
    ['a column that is not declared', '  etag: string\n', '', 'cases.etag: stored, not declared'],
    ['a column that is not stored', '  etag: string\n', '  etag: string\n  extra: string\n', 'cases.extra: declared, not stored'],
    ['another nullability', 'ball_holder: string | null', 'ball_holder: string', 'cases.ball_holder: nullable declared false, stored true'],
    ['another type', '  final: boolean', '  final: string', 'cases.final: type declared string, stored boolean'],
    [
      'a default that is not declared',
      'sequence: Generated<string>',
      'sequence: string',
      'outbox.sequence: filled in by default declared false, stored true',
    ],
    [
      'another closed list',
      "state: 'open' | 'closed'",
      "state: 'open' | 'shut'",
      'tasks.state: allowed values declared open, shut, stored closed, open',
    ],
    ['a table that is not declared', '  acts: ActTable\n', '', 'acts.act: stored, not declared'],
    ['a table that is not stored', '  acts: ActTable\n', '  acts: ActTable\n  more: ClaimTable\n', 'more.key: declared, not stored'],
  ])('are caught at %s', (_, before, after, difference) => {
    expect(source).toContain(before)
    expect(differences(source.replace(before, after))).toContain(difference)
  })

  it('are not compared when a form is unknown', () => {
    expect(() => readSchemaTypes(source.replace('etag: string', 'etag: Map<string, string>'))).toThrow('cases.etag')
  })
})
