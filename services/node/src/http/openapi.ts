import type { Text } from '@hefu/procedures'
import { z } from 'zod'
import { PROBLEM_TYPE, problemSchema } from './problem.ts'
import { problems } from './problems.ts'
import { codesOf, type Route, type RouteExample } from './route.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }
type JsonObject = { [name: string]: Json }

export interface ApiInfo {
  readonly title: string
  readonly description: string
  /** The closed list, with its texts; none where peers are the callers. */
  readonly scopes?: Readonly<Record<string, string>>
}

/** The OpenAPI 3.1 document of these routes: deterministic, so that a committed copy can be compared. */
export function openApiOf(info: ApiInfo, routes: readonly Route[]): JsonObject {
  const components = new Map<string, Json>()
  // Each schema once: the one of problems is part of every operation.
  const converted = { input: new Map<z.ZodType, Json>(), output: new Map<z.ZodType, Json>() }
  const convert = (schema: z.ZodType, io: 'input' | 'output') => {
    const json = converted[io].get(schema) ?? toSchema(schema, io, components)
    converted[io].set(schema, json)
    return json
  }
  const paths: Record<string, JsonObject> = {}
  for (const route of routes) {
    const operations = paths[route.path] ?? {}
    operations[route.method.toLowerCase()] = operationOf(route, convert)
    paths[route.path] = operations
  }
  const used = Object.entries(securitySchemes).filter(([name]) =>
    routes.some(({ rule }) => (rule === 'peer') === (name === 'peer') && rule !== 'public'),
  )
  return {
    openapi: '3.1.1',
    info: { title: info.title, version: '1', description: info.description, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/', description: 'this node' }],
    tags: [...new Set(routes.map(({ tag }) => tag))].sort().map((name) => ({ name })),
    paths: sorted(paths),
    components: {
      schemas: sorted(Object.fromEntries(components)),
      ...(used.length > 0 ? { securitySchemes: withScopes(Object.fromEntries(used), info.scopes ?? {}) } : {}),
    },
  }
}

type Convert = (schema: z.ZodType, io: 'input' | 'output') => Json

function operationOf(route: Route, convert: Convert): JsonObject {
  const parameters = parametersOf(route, convert)
  const content = contentOf(route, convert)
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: both(route.summary),
    ...securityOf(route),
    ...(route.reads === 'no' ? {} : { 'x-hefu-read-logged': true }),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(content ? { requestBody: { required: true, content } } : {}),
    responses: { ...successOf(route, convert), ...problemsOf(route, convert) },
  }
}

function securityOf({ rule, scope }: Route): JsonObject {
  if (rule === 'public') return { security: [] }
  return rule === 'peer'
    ? { security: [{ peer: [] }] }
    : { security: [{ oauth: scopesOf(scope) }], 'x-hefu-roles': [...rule], 'x-hefu-scope': scope ?? '' }
}

function withScopes(schemes: { [name: string]: Json }, scopes: Readonly<Record<string, string>>): JsonObject {
  if (schemes.oauth === undefined) return schemes
  const flows = { clientCredentials: { tokenUrl: '/oauth/token', scopes } }
  return { ...schemes, oauth: { ...(schemes.oauth as JsonObject), flows } }
}

/** That of any procedure cannot be said in OpenAPI, where a list means all of it: `x-hefu-scope` says it. */
function scopesOf(scope: string | undefined): string[] {
  return scope === undefined || scope.includes('{') ? [] : [scope]
}

const securitySchemes = {
  oauth: {
    type: 'oauth2',
    description: '客户端凭据，以私钥签名的断言换取访问令牌 / client credentials with private_key_jwt (RFC 7523), Ed25519 keys',
  },
  peer: {
    type: 'apiKey',
    in: 'header',
    name: 'Authorization',
    description: '`Hefu <JWS>`: a request signed by a peer (protocol.md, section 2)',
  },
}

function parametersOf(route: Route, convert: Convert): Json[] {
  return [
    ...membersOf(route.params, convert).map(({ name, schema }) => ({
      name: name === '*' ? 'path' : name,
      in: 'path',
      required: true,
      schema,
    })),
    ...membersOf(route.query, convert).map(({ name, schema, required }) => ({ name, in: 'query', required, schema })),
    ...(route.idempotent ? [header('Idempotency-Key', { type: 'string', pattern: '^[\\x21-\\x7e]{1,255}$' }, idempotencyText)] : []),
    ...(route.ifMatch ? [header('If-Match', { type: 'string', pattern: '^"[^"]+"$' }, ifMatchText)] : []),
    ...(Array.isArray(route.rule) ? [header('Hefu-Actor', { type: 'string', pattern: '^[A-Za-z0-9._-]{1,64}$' }, actorText, false)] : []),
    ...(route.personal && !route.personal.list
      ? [
          header('Hefu-Purpose', { type: 'string', pattern: '^[a-z][a-z0-9-]{0,63}$' }, purposeText, false),
          header('Hefu-Affair', { type: 'string' }, affairText, false),
        ]
      : []),
    ...(route.preconditions
      ? [header('If-Match', { type: 'string' }, writtenText, false), header('If-None-Match', { const: '*' }, unwrittenText, false)]
      : []),
  ]
}

const idempotencyText = { zh: '重试时使用相同的值，保留 7 天', en: 'the same value on each retry; kept for 7 days' }
const ifMatchText = { zh: '读取办件时得到的 ETag', en: 'the ETag of the case as it was read' }

const actorText = {
  zh: '调用所代表的人员的工号，不得为身份证件号码；日志中只记其化名',
  en: 'staff number of the person behind the call, never an identity number; the log holds a pseudonym of it',
}

const purposeText = {
  zh: '读取个人信息的用途代码，须在共享协议之内；没有时，个人信息以脱敏形式显示（不符合其结构）',
  en: 'why personal data is read: a purpose of the agreement; without one, personal values are masked, and then do not fit their patterns',
}
const affairText = {
  zh: '办件编号，或本单位的事项编号；读取一个办件时可省略',
  en: "number of the case, or of the bureau's own affair; a read of one case implies it",
}

const writtenText = { zh: '仅当记录为此版本时写入（ETag 或 *）', en: 'only when the record has this version (an ETag, or *)' }
const unwrittenText = { zh: '仅当记录尚不存在时写入', en: 'only when there is no such record yet' }

function header(name: string, schema: Json, text: Text, required = true): JsonObject {
  return { name, in: 'header', required, description: both(text), schema }
}

function membersOf(schema: z.ZodType | undefined, convert: Convert): { name: string; schema: Json; required: boolean }[] {
  if (!schema) return []
  const { properties = {}, required = [] } = convert(schema, 'input') as { properties?: JsonObject; required?: string[] }
  return Object.entries(properties).map(([name, member]) => ({ name, schema: member, required: required.includes(name) }))
}

function contentOf(route: Route, convert: Convert): JsonObject | undefined {
  const examples = route.examples?.length ? { examples: examplesOf(route.examples) } : {}
  if (route.body) return { 'application/json': { schema: convert(route.body, 'input'), ...examples } }
  if (route.rawTypes)
    return Object.fromEntries(
      route.rawTypes.map((type) => [type, { schema: { type: type === 'application/json' ? 'object' : 'string' }, ...examples }]),
    )
  return undefined
}

function examplesOf(examples: readonly RouteExample[]): JsonObject {
  return Object.fromEntries(examples.map(({ title, value }, at) => [`example-${at + 1}`, { summary: both(title), value: value as Json }]))
}

function successOf({ answer }: Route, convert: Convert): JsonObject {
  const headers = answer.headers
    ? {
        headers: Object.fromEntries(
          Object.entries(answer.headers).map(([name, text]) => [name, { description: both(text), schema: { type: 'string' } }]),
        ),
      }
    : {}
  const content = answer.schema
    ? { content: { [answer.type ?? 'application/json']: { schema: convert(answer.documented ?? answer.schema, 'output') } } }
    : {}
  return Object.fromEntries(
    answer.statuses.map((status) => [String(status), { description: both(answer.description), ...headers, ...content }]),
  )
}

/** One response per status; its description lists the codes that can be met there. */
function problemsOf(route: Route, convert: Convert): JsonObject {
  const byStatus = Map.groupBy(codesOf(route), (code) => problems[code].status)
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      String(status),
      {
        description: codes.map((code) => `\`${code}\` ${both(problems[code].title)}`).join('; '),
        content: { [PROBLEM_TYPE]: { schema: convert(problemSchema, 'output') } },
      },
    ]),
  )
}

/** The JSON Schema of a zod schema; what has an id moves to `components` and is referred to. */
function toSchema(schema: z.ZodType, io: 'input' | 'output', components: Map<string, Json>): Json {
  const {
    $schema,
    $defs = {},
    ...root
  } = z.toJSONSchema(schema, { io, target: 'draft-2020-12', unrepresentable: 'throw', override: shownAs }) as JsonObject
  for (const [id, definition] of Object.entries($defs as JsonObject)) {
    const moved = moveRefs(definition)
    const known = components.get(id)
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(moved)) throw new Error(`two schemas share the component id ${id}`)
    components.set(id, moved)
  }
  return moveRefs(root)
}

/** A schema whose JSON form differs from what it checks (numbers in a query arrive as text) says so in `meta({ shownAs })`. */
function shownAs({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodType; jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  const shown = z.globalRegistry.get(zodSchema)?.shownAs
  if (shown === undefined) return
  for (const name of Object.keys(jsonSchema)) delete jsonSchema[name]
  Object.assign(jsonSchema, shown)
}

function moveRefs(value: Json): Json {
  if (Array.isArray(value)) return value.map(moveRefs)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [
      name,
      name === '$ref' && typeof entry === 'string' ? entry.replace('#/$defs/', '#/components/schemas/') : moveRefs(entry),
    ]),
  )
}

function both({ zh, en }: Text): string {
  return `${zh} / ${en}`
}

function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
}
