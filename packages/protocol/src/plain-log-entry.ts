import { parseCaseNumber } from '@hefu/reference'
import { MAX_MESSAGES, REFUSAL_REASONS } from './constants.ts'
import {
  plainCaseNumber,
  plainCode,
  plainCount,
  plainDigest,
  plainJti,
  plainList,
  plainName,
  plainRegion,
  plainTextOf,
  plainVersionedName,
} from './plain-text.ts'

/**
 * The quick way through the entries that a log is full of: one expression knows the canonical text of a kind to the character, members in
 * their order, so what it matches needs neither the strict parser nor a comparison with its canonical text. Judging a million entries
 * takes a fifth of the time.
 *
 * Undefined says nothing: `parseLogEntry` judges. What is given here is exactly what it would give (log-entry.test.ts).
 */
export function readPlainLogEntry(bytes: Uint8Array): object | undefined {
  const text = plainTextOf(bytes)
  for (const pattern of PLAIN) {
    if (!pattern.test(text)) continue
    const entry = JSON.parse(text) as PlainEntry
    return isInRange(entry) ? entry : undefined
  }
  return undefined
}

/** What no expression says. */
interface PlainEntry {
  readonly at: number
  readonly case?: string
  readonly cases?: readonly string[]
  readonly size?: number
}

function isInRange({ at, case: number, cases = [], size = 1 }: PlainEntry): boolean {
  if (at > MAX_AT || size > MAX_MESSAGES || cases.length > MAX_CASES) return false
  return (number === undefined || parseCaseNumber(number).ok) && cases.every((one) => parseCaseNumber(one).ok)
}

/** The last millisecond of the year 9999. */
const MAX_AT = 253_402_300_799_999
const MAX_CASES = 20

const parties = { aud: plainRegion, digest: plainDigest, iss: plainRegion, jti: plainJti }

const PLAIN = [
  plain('message\\.(?:sent|received)', { ...parties, case: plainCaseNumber, document: plainName, procedure: plainVersionedName }),
  plain('receipt\\.(?:issued|received)', { ...parties, root: plainDigest, size: '[1-9][0-9]{0,2}' }),
  plain(
    'access\\.read',
    { client: plainCode, role: plainCode, what: plainCode },
    {
      actor: plainDigest,
      cases: plainList(plainCaseNumber),
      count: plainCount,
      digest: plainDigest,
      owner: plainRegion,
      purpose: plainName,
      affair: plainCode,
    },
  ),
  plain('refusal', { ...parties, reason: `"(?:${REFUSAL_REASONS.join('|')})"` }),
  plain('heartbeat', {}),
]

/** Members in the order of RFC 8785, with a comma before each but the first. */
function plain(kind: string, members: Readonly<Record<string, string>>, optional: Readonly<Record<string, string>> = {}): RegExp {
  const all: Readonly<Record<string, string>> = { ...members, ...optional, at: plainCount, kind: `"${kind}"`, v: '1' }
  const names = Object.keys(all).sort()
  const parts = names.map((one) => (one in optional ? `(?:"${one}":${all[one]},)?` : `"${one}":${all[one]},`))
  // The last member of every kind is one that it must have.
  return new RegExp(`^\\{${parts.join('').slice(0, -1)}\\}$`)
}
