import type { Caller, Context, ErrorCode, Role, Shown, Sight } from '@hefu/exchange'
import type { Text } from '@hefu/procedures'
import type { z } from 'zod'
import type { Language } from './language.ts'
import { PROBES } from './shed-load.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** What a handler gets: parsed and checked, never raw JSON. */
export interface RouteRequest<Params, Query, Body> {
  /** Who calls; there is none on routes whose rule names no roles. */
  readonly caller: Caller
  readonly params: Params
  readonly query: Query
  readonly body: Body
  /** The bytes as received: what the fingerprint covers. */
  readonly rawBody: Buffer
  readonly contentType: string | undefined
  /** The header as it came, for signed requests of peers. */
  readonly authorization: string | undefined
  /** Why the caller reads, as sent. */
  readonly sentPurpose: { readonly purpose: string | undefined; readonly affair: string | undefined }
  /** Where the request came from, as the connection says. */
  readonly address: string
  /** Path and query as called. */
  readonly url: string
  readonly language: Language
  /** Set where the route says `idempotent`. */
  readonly idempotencyKey: string
  /** base64url SHA-256 over method, address, If-Match and raw body. */
  readonly fingerprint: string
  /** The unquoted tag; set where the route says `ifMatch`. */
  readonly ifMatch: string
  /** As sent, where conditions are optional. */
  readonly preconditions: { readonly ifMatch: string | undefined; readonly ifNoneMatch: string | undefined }
}

export interface Answer<Body> {
  /** Only where `answer.statuses` of the route allows more than one. */
  readonly status?: number
  readonly body?: Body
  readonly headers?: Readonly<Record<string, string>>
  /** On a public route: nothing that came was signed by anybody known. Counted like a refusal for want of a signature. */
  readonly fromStranger?: boolean
}

export interface RouteExample {
  readonly title: Text
  readonly value: unknown
}

/** One operation: everything that the router, the access check and the OpenAPI document need, in one place. */
export interface RouteDefinition<Params, Query, Body, Result> {
  readonly method: Method
  /** As in OpenAPI: `/v1/cases/{caseNumber}`. */
  readonly path: string
  /** The last parameter is the rest of the path, slashes included. */
  readonly restOfPath?: true
  readonly operationId: string
  readonly tag: string
  readonly summary: Text
  /**
   * Who may call it. `peer`: the request is signed by a peer, which the handler judges. `public`: probes, and what is signed in
   * its body or needs no signature. Only roles are possible under /v1.
   */
  readonly rule: readonly Role[] | 'peer' | 'public'
  /** What a caller's token must allow (packages/exchange/src/access/scopes.ts); every route whose rule names roles has one. */
  readonly scope?: string
  /**
   * What an answer shows of documents, registers or the exchange log: one entry of the log per answer, committed before it is sent
   * (protocol.md section 4). `no`: nothing of them, whoever asks. A route for peers names the peer itself; null: this answer shows nothing.
   */
  readonly reads:
    | 'no'
    | ((shown: Result, request: RouteRequest<Params, Query, Body>) => (Shown & { readonly peer?: string | undefined }) | null)
  /**
   * Set where an answer holds personal data: the same answer, as somebody may see it. `caseOf` is the one case that is read. Without it a
   * stated purpose counts with an affair; `list`: whatever is stated, personal values are masked.
   */
  readonly personal?: {
    readonly show: (ctx: Context, sight: Sight, shown: Result, request: RouteRequest<Params, Query, Body>) => Result
    readonly caseOf?: (shown: Result, request: RouteRequest<Params, Query, Body>) => string
    readonly list?: true
  }
  readonly params?: z.ZodType<Params>
  readonly query?: z.ZodType<Query>
  /** JSON body; parsed strictly. */
  readonly body?: z.ZodType<Body>
  /** Bytes that the handler parses itself, with their media types; the range of all types: whatever it is called. Excludes `body`. */
  readonly rawTypes?: readonly string[]
  /** Bytes; 1 MiB where absent. */
  readonly bodyLimit?: number
  readonly examples?: readonly RouteExample[]
  /** Needs an Idempotency-Key. */
  readonly idempotent?: true
  /** Needs If-Match. */
  readonly ifMatch?: true
  /** Obeys If-Match and If-None-Match where they are sent. */
  readonly preconditions?: true
  readonly answer: {
    readonly statuses: readonly [number, ...number[]]
    readonly description: Text
    readonly schema?: z.ZodType<Result>
    /**
     * What the OpenAPI document shows in place of `schema`, where that lets content through which was checked when it was stored:
     * the same answer, with every shape that the content may have.
     */
    readonly documented?: z.ZodType
    /** Media type; application/json where absent, and a `content-type` among the headers of one answer comes first. */
    readonly type?: string
    readonly headers?: Readonly<Record<string, Text>>
  }
  /** Codes beyond those that follow from the rest of the definition. */
  readonly errors?: readonly ErrorCode[]
  readonly handle: (ctx: Context, request: RouteRequest<Params, Query, Body>) => Promise<Answer<Result>>
}

export type Route = RouteDefinition<unknown, unknown, unknown, unknown>

/** Checks the handler against the route's own schemas; afterwards all routes have one type. */
export function defineRoute<Params, Query, Body, Result>(route: RouteDefinition<Params, Query, Body, Result>): Route {
  return route as unknown as Route
}

/** Every code a caller may meet on this route. */
export function codesOf(route: Route): ErrorCode[] {
  const codes = new Set<ErrorCode>(route.errors)
  if (route.rule !== 'public' || route.reads !== 'no') codes.add('unavailable')
  if (route.rule !== 'public') codes.add('too-many-requests')
  if (!PROBES.has(route.path)) codes.add('overloaded')
  if (route.rule !== 'public') codes.add('unauthenticated')
  if (Array.isArray(route.rule)) for (const code of ['role-not-allowed', 'scope-not-allowed', 'actor-invalid'] as const) codes.add(code)
  if (Array.isArray(route.rule) && route.rule.includes('officer')) codes.add('log-unavailable').add('log-sealed').add('unreadable')
  if (route.personal && !route.personal.list)
    for (const code of ['purpose-not-agreed', 'agreement-missing', 'agreement-ended', 'affair-unknown', 'affair-invalid'] as const)
      codes.add(code)
  if (route.params) codes.add('not-found')
  if (route.query) codes.add('malformed-request')
  if (route.body) for (const code of ['malformed-json', 'invalid-document'] as const) codes.add(code)
  if (route.body || route.rawTypes) for (const code of ['too-large', 'media-type'] as const) codes.add(code)
  if (route.idempotent)
    for (const code of ['idempotency-key-missing', 'idempotency-key-reused', 'idempotency-key-busy'] as const) codes.add(code)
  if (route.ifMatch) codes.add('if-match-missing')
  if (route.ifMatch || route.preconditions) codes.add('if-match-failed')
  return [...codes].sort()
}
