import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { procedures, registers } from '@hefu/procedures'
import { describe, expect, it } from 'vitest'
import { apiRoutes } from '../src/api/routes.ts'
import { exchangeRoutes } from '../src/exchange/exchange-routes.ts'
import { errorsPage } from '../src/http/errors-page.ts'
import { codesOf } from '../src/http/route.ts'
import { apiDocument, exchangeDocument, problems } from '../src/index.ts'
import { type Schema, successBodies, untyped } from './untyped-schemas.ts'

const routes = apiRoutes(procedures, registers)
const documents = { node: apiDocument(procedures, registers), exchange: exchangeDocument() }

describe.each(Object.entries(documents))('the %s document', (_, document) => {
  const text = JSON.stringify(document)

  it('refers only to components that exist', () => {
    const schemas = Object.keys((document.components as { schemas: object }).schemas)
    const refs = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref)
    expect(refs.length).toBeGreaterThan(0)
    expect(new Set(refs)).toEqual(new Set(schemas.map((name) => `#/components/schemas/${name}`)))
  })

  it('shows plain JSON Schema', () => {
    expect(text).not.toContain('shownAs')
    expect(text).not.toContain('$defs')
  })

  it('types every value of every answer: no shape that takes anything', () => {
    const bodies = successBodies(document)
    expect(bodies.length).toBeGreaterThan(2)
    expect(bodies.flatMap(({ at, schema }) => untyped(schema, at, document))).toEqual([])
  })

  it('tells shapes apart by a member that each of them names', () => {
    const { schemas } = document.components as unknown as { schemas: Record<string, Schema> }
    for (const { oneOf = [], discriminator } of Object.values(schemas).filter((schema) => schema.discriminator)) {
      const { propertyName, mapping } = discriminator as { propertyName: string; mapping: Record<string, string> }
      expect(Object.values(mapping)).toEqual(oneOf.map(({ $ref }) => $ref))
      for (const [value, ref] of Object.entries(mapping))
        expect(schemas[ref.replace('#/components/schemas/', '')]?.properties?.[propertyName]).toMatchObject({ const: value })
    }
  })

  it('is the same each time', () => {
    expect(JSON.stringify(document === documents.node ? apiDocument(procedures, registers) : exchangeDocument())).toBe(text)
  })
})

describe('a shape that takes anything', () => {
  const places = (schema: Schema) => untyped(schema, '', documents.node)

  it.each<[string, Schema, string]>([
    ['nothing said', {}, ''],
    ['true', { type: 'object', properties: { a: true } }, '/a'],
    ['a member', { type: 'object', properties: { a: {} } }, '/a'],
    ['an object without members', { type: 'object' }, ''],
    ['further members', { type: 'object', additionalProperties: {} }, '/*'],
    ['an array of anything', { type: 'array' }, '/*'],
    ['one of several', { anyOf: [{ type: 'null' }, {}] }, '/1'],
  ])('is found: %s', (_, schema, at) => {
    expect(places(schema)).toEqual([at])
  })

  it('is not an array that stays empty', () => {
    expect(places({ type: 'array', maxItems: 0, items: { not: {} } })).toEqual([])
  })
})

describe('the operations', () => {
  it('have ids of their own', () => {
    const ids = [...routes, ...exchangeRoutes()].map(({ operationId }) => operationId)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('cover every document of every procedure and every register', () => {
    const paths = new Set(routes.filter(({ method }) => method === 'POST').map(({ path }) => path))
    for (const procedure of procedures) {
      for (const [name, { starts }] of Object.entries(procedure.documents)) {
        expect(paths).toContain(starts ? `/v1/${procedure.path}` : `/v1/${procedure.path}/{caseNumber}/${name}`)
      }
    }
    for (const { name } of registers)
      expect(routes.map(({ method, path }) => `${method} ${path}`)).toContain(`PUT /v1/registers/${name}/{id}`)
  })

  it('show examples that they would take', () => {
    const documented = routes.filter(({ path, body }) => body && !path.startsWith('/v1/reconciliations'))
    expect(documented.length).toBeGreaterThan(15)
    for (const { operationId, body, examples = [] } of documented) {
      expect([operationId, examples.length > 0]).toEqual([operationId, true])
      for (const { value } of examples) expect([operationId, body?.safeParse(value).error?.issues ?? []]).toEqual([operationId, []])
    }
  })

  it('name every code under its status', () => {
    const { paths } = documents.node as unknown as {
      paths: Record<string, Record<string, { responses: Record<string, { description: string }> }>>
    }
    for (const route of routes) {
      for (const code of codesOf(route)) {
        expect(paths[route.path]?.[route.method.toLowerCase()]?.responses[problems[code].status]?.description).toContain(`\`${code}\``)
      }
    }
  })
})

describe('what is committed', () => {
  it('is up to date', async () => {
    const script = fileURLToPath(new URL('../src/write-openapi.ts', import.meta.url))
    const { stderr } = await promisify(execFile)(process.execPath, [script, '--check'])
    expect(stderr).toBe('')
  })

  it('lists every code of the API', () => {
    for (const [code, { status }] of Object.entries(problems)) expect(errorsPage()).toContain(`| ${status} | \`${code}\` |`)
  })
})
