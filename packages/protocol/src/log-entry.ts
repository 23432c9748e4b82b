import { parseCaseNumber, parseRegionId } from '@hefu/reference'
import { z } from 'zod'
import { type CanonicalValue, canonicalJson } from './canonical-json.ts'
import { digest, jti, plainName, versionedName } from './claims.ts'
import { MAX_MESSAGES, REFUSAL_REASONS } from './constants.ts'
import { readPlainLogEntry } from './plain-log-entry.ts'
import { parseStrictJson } from './strict-json.ts'

/** Largest entry (protocol.md section 4), less the one byte that the length prefix of an entry bundle cannot say. */
export const MAX_LOG_ENTRY_BYTES = 65_535

// Plain text for whoever writes an entry: the schema looks at the value once more anyway.
const regionId = z.string().refine((text) => parseRegionId(text).ok, 'a region is a six-digit division code')
const caseNumber = z.string().refine((text) => parseCaseNumber(text).ok, 'not a case number')
const count = z.int().min(0)
const version = z.int().min(1)
/** A client, role, action or what it was done to: codes and ids, never a person's name. */
const code = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/, 'a code or id')
/** HMAC-SHA-256 over who it was, under a key of the node: alike for the same person, and nobody outside can tell who. */
const actor = digest
const origin = z.string().min(1).max(255)

/** Every kind has exactly these members (protocol.md section 4): what is not listed could be personal data, and would stay for ever. */
function entry<Kind extends string, Shape extends z.ZodRawShape>(kind: Kind, shape: Shape) {
  // `at`: milliseconds since the epoch, up to the end of the year 9999.
  const frame = { v: z.literal(1), kind: z.literal(kind), at: z.int().min(0).max(253_402_300_799_999) }
  return z.strictObject(inOrder({ ...frame, ...shape }))
}

/** What is parsed has its members in the order of the schema: then it is in the order of the canonical text. */
function inOrder<Shape extends z.ZodRawShape>(shape: Shape): Shape {
  return Object.fromEntries(
    Object.keys(shape)
      .toSorted()
      .map((name) => [name, shape[name]]),
  ) as Shape
}

const parties = { iss: regionId, aud: regionId, jti, digest }
const message = { ...parties, procedure: versionedName, document: plainName, case: caseNumber }
/** The digest is the receipt's own; size and root are those of its tree. */
const receipt = { ...parties, size: z.int().min(1).max(MAX_MESSAGES), root: digest }

/** The digest is that of the signed text; `document` is that of the document, of a recall. */
const content = { ...parties, case: caseNumber, act: z.enum(['erase', 'recall']), document: digest.exactOptional() }

export const logEntrySchemas = {
  'message.sent': entry('message.sent', message),
  'message.received': entry('message.received', message),
  'receipt.issued': entry('receipt.issued', receipt),
  'receipt.received': entry('receipt.received', receipt),
  refusal: z.union([
    entry('refusal', { ...parties, reason: z.enum(REFUSAL_REASONS) }),
    /** What could not be verified: at most one a minute, for all texts of that minute; `digest` is over their digests in order. */
    entry('refusal', { reason: z.literal('unverifiable'), count: z.int().min(1), digest }),
  ]),
  /** Asked for, and answered by, the other side (ADR 0023): each stands in the logs of both. */
  'content.request': entry('content.request', { ...content, reason: plainName }),
  'content.answer': entry('content.answer', { ...content, outcome: z.enum(['erased', 'held', 'recalled', 'refused']) }),
  /** One answer that showed a document, a record or the log; the cases by number, or their count and a digest over the list. */
  'access.read': entry('access.read', {
    client: code,
    role: code,
    actor: actor.exactOptional(),
    /** The operation that answered (openapi/), for example `read-case`. */
    what: code,
    cases: z.array(caseNumber).min(1).max(20).exactOptional(),
    count: count.exactOptional(),
    digest: digest.exactOptional(),
    /** Why, by the reader's own words where there is an affair; else by the words of the case's first document. */
    purpose: plainName.exactOptional(),
    /** Number of the case or affair for which personal data was shown; without one it was masked. */
    affair: code.exactOptional(),
    /** Whose data it is; of a list with cases of several regions, all of them, and then no case by its number. */
    owner: regionId.exactOptional(),
    owners: z.array(regionId).min(2).max(512).exactOptional(),
  }),
  'key.manifest': entry('key.manifest', { region: regionId, version, digest }),
  registry: entry('registry', { version, digest }),
  'admin.change': entry('admin.change', { client: code, role: code, action: code, subject: code.exactOptional() }),
  /** `process` joins a start to its stop. */
  'node.started': entry('node.started', { process: jti, federation: version, roles: z.array(plainName).min(1).max(16) }),
  'node.stopped': entry('node.stopped', { process: jti }),
  /** The last witnessed checkpoint of the closed log, and the digest of the decision to open this one. */
  'log.successor': entry('log.successor', { origin, size: count, root: digest, decision: digest }),
  /** Says that the log is alive when nothing else does. */
  heartbeat: entry('heartbeat', {}),
} as const

export type LogEntryKind = keyof typeof logEntrySchemas

export const logEntryKinds = Object.keys(logEntrySchemas) as LogEntryKind[]

/** An entry as it stands in the log. */
export type LogEntry = { readonly [Kind in LogEntryKind]: Readonly<z.infer<(typeof logEntrySchemas)[Kind]>> }[LogEntryKind]

type WithoutFrame<Entry> = Entry extends unknown ? Omit<Entry, 'v' | 'at'> : never

/** What happened, before it is known when and in which version that is written down. */
export type LogFact = WithoutFrame<LogEntry>

/**
 * The exact bytes of an entry, as text. Throws ZodError for what its kind does not allow: a wrong entry could never be taken back.
 */
export function formatLogEntry(fact: LogFact, atMs: number): string {
  const schema: z.ZodType<LogEntry> = logEntrySchemas[fact.kind]
  return canonicalText(schema.parse({ ...fact, v: 1, at: atMs }))
}

/** `size`: above 65,535 bytes; `json`: not strict JSON; `canonical`: another text than the one canonical; `kind`: unknown; `schema`: its kind does not allow it. */
export type LogEntryCode = 'size' | 'json' | 'canonical' | 'kind' | 'schema'

export type ParsedLogEntry = { readonly ok: true; readonly entry: LogEntry } | { readonly ok: false; readonly code: LogEntryCode }

/** Reads the bytes of an entry, which may come from a log that nobody has reason to believe. */
export function parseLogEntry(bytes: Uint8Array): ParsedLogEntry {
  const entry = readPlainLogEntry(bytes)
  return entry === undefined ? judgeLogEntry(bytes) : { ok: true, entry: entry as LogEntry }
}

/** The whole judgement, which decides wherever the quick way says nothing. */
export function judgeLogEntry(bytes: Uint8Array): ParsedLogEntry {
  if (bytes.length > MAX_LOG_ENTRY_BYTES) return { ok: false, code: 'size' }
  const json = parseStrictJson(bytes)
  if (!json.ok) return { ok: false, code: 'json' }
  if (!isCanonical(json.value, bytes)) return { ok: false, code: 'canonical' }
  const kind = kindOf(json.value)
  if (kind === undefined) return { ok: false, code: 'kind' }
  const parsed = logEntrySchemas[kind].safeParse(json.value)
  return parsed.success ? { ok: true, entry: parsed.data as LogEntry } : { ok: false, code: 'schema' }
}

function isCanonical(value: unknown, bytes: Uint8Array): boolean {
  try {
    return Buffer.from(canonicalText(value)).equals(bytes)
  } catch (error) {
    if (error instanceof TypeError) return false
    throw error
  }
}

/** Throws TypeError as `canonicalJson` does. */
function canonicalText(value: unknown): string {
  return isInOrder(value) ? JSON.stringify(value) : canonicalJson(value as CanonicalValue)
}

/** Members in order, whole numbers and whole characters, at every depth: of such a value the platform writes the canonical text itself, in a third of the time. */
function isInOrder(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value === 'number') return Number.isSafeInteger(value)
  if (typeof value !== 'object') return typeof value === 'boolean'
  if (value === null) return true
  if (Array.isArray(value)) return value.every(isInOrder)
  const members = value as Readonly<Record<string, unknown>>
  let before = ''
  for (const name of Object.keys(members)) {
    if (name < before || !name.isWellFormed() || !isInOrder(members[name])) return false
    before = name
  }
  return true
}

function kindOf(value: unknown): LogEntryKind | undefined {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return undefined
  return logEntryKinds.find((kind) => kind === value.kind)
}
