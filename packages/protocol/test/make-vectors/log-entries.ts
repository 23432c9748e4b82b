import { leafHash } from '@hefu/translog'
import { canonicalJson, formatLogEntry, type LogFact } from '../../src/index.ts'
import { exampleClaims, exampleJti, ISSUED_AT } from './example.ts'

const AT = ISSUED_AT * 1000 + 789

const digest = (value: number) => Buffer.alloc(32, value).toString('base64url')
const { iss, aud, jti, procedure, document, case: caseNumber } = exampleClaims
const parties = { iss, aud, jti, digest: digest(1) }
const receipt = { iss: aud, aud: iss, jti: exampleJti(2), digest: digest(2), size: 1, root: digest(3) }

/** At least one of each kind. */
export const exampleFacts: readonly LogFact[] = [
  { kind: 'message.sent', ...parties, procedure, document, case: caseNumber },
  { kind: 'message.received', ...parties, procedure, document, case: caseNumber },
  { kind: 'receipt.issued', ...receipt },
  { kind: 'receipt.received', ...receipt },
  { kind: 'refusal', ...parties, reason: 'expired' },
  { kind: 'refusal', reason: 'unverifiable', count: 12, digest: digest(4) },
  {
    kind: 'access.read',
    client: 'chengdu-systems',
    role: 'officer',
    actor: digest(5),
    what: 'cases.read',
    cases: [caseNumber],
    owner: aud,
  },
  {
    kind: 'content.request',
    iss,
    aud,
    jti: exampleJti(4),
    case: caseNumber,
    act: 'erase',
    digest: digest(11),
    reason: 'retention-ended',
  },
  {
    kind: 'content.answer',
    iss: aud,
    aud: iss,
    jti: exampleJti(5),
    case: caseNumber,
    act: 'recall',
    document: digest(12),
    digest: digest(13),
    outcome: 'recalled',
  },
  { kind: 'access.read', client: 'audit', role: 'auditor', what: 'log.entries', count: 200, digest: digest(6) },
  { kind: 'key.manifest', region: aud, version: 3, digest: digest(7) },
  { kind: 'registry', version: 7, digest: digest(8) },
  { kind: 'admin.change', client: 'operators', role: 'operator', action: 'peer.paused', subject: aud },
  { kind: 'node.started', process: exampleJti(3), federation: 7, roles: ['api', 'exchange', 'worker', 'sequencer'] },
  { kind: 'node.stopped', process: exampleJti(3) },
  { kind: 'log.successor', origin: '510100.hefu.example/log', size: 1234, root: digest(9), decision: digest(10) },
  { kind: 'heartbeat' },
]

/** The bytes of entries and their leaf hashes, and texts that are no entry. */
export function buildLogEntries() {
  const valid = exampleFacts.map((fact) => {
    const text = formatLogEntry(fact, AT)
    return { entry: JSON.parse(text) as unknown, text, leafHash: Buffer.from(leafHash(Buffer.from(text))).toString('hex') }
  })
  return { valid, invalid: invalidEntries(formatLogEntry(exampleFacts[0] as LogFact, AT)) }
}

function invalidEntries(text: string) {
  const entry = JSON.parse(text) as Record<string, string | number>
  const changed = (members: Record<string, string | number>) => canonicalJson({ ...entry, ...members })
  const without = (name: string) => canonicalJson(Object.fromEntries(Object.entries(entry).filter(([member]) => member !== name)))
  return [
    { name: 'not JSON', text: text.slice(0, -1), code: 'json' },
    { name: 'a member twice', text: text.replace('{', '{"aud":"500000",'), code: 'json' },
    { name: 'a space', text: text.replace(',', ', '), code: 'canonical' },
    { name: 'a line end behind it', text: `${text}\n`, code: 'canonical' },
    { name: 'members in another order', text: JSON.stringify({ v: 1, ...entry }), code: 'canonical' },
    { name: 'an escape that need not be', text: text.replace('notice', '\\u006eotice'), code: 'canonical' },
    { name: 'a number with a fraction', text: text.replace('"v":1', '"v":1.0'), code: 'canonical' },
    { name: 'a list', text: `[${text}]`, code: 'kind' },
    { name: 'an unknown kind', text: changed({ kind: 'message.lost' }), code: 'kind' },
    { name: 'a kind of the language', text: changed({ kind: 'constructor' }), code: 'kind' },
    { name: 'a member that its kind has not', text: changed({ name: '张三' }), code: 'schema' },
    { name: 'a member missing', text: without('digest'), code: 'schema' },
    { name: 'another version', text: changed({ v: 2 }), code: 'schema' },
    { name: 'a digest that is none', text: changed({ digest: 'x' }), code: 'schema' },
    { name: 'words where a document name should be', text: changed({ document: 'wages of Zhang San' }), code: 'schema' },
  ]
}
