import { createHash } from 'node:crypto'
import type { LogFact } from '@hefu/protocol'
import { type CaseNumber, caseNumberParts } from '@hefu/reference'
import type { StatedPurpose } from '../access/state-purpose.ts'
import { readFirstMessage } from '../cases/case-store.ts'
import { storedClaims } from '../cases/loaded-case.ts'
import type { Caller, Context } from '../context.ts'
import { HefuError } from '../errors.ts'
import { actorName } from './actor-name.ts'
import { logFact } from './pending-log-store.ts'

/** What one answer shows. Numbers and codes only: an entry is there for ever. */
export interface Shown {
  /** Cases of which anything is shown; none where a register or the log itself is read. */
  readonly cases?: readonly string[]
  /** The one case that was read, by whichever of its parts: the purpose is that of its first document. */
  readonly ofCase?: string | undefined
  /** Why what is shown was disclosed, by its own words. */
  readonly purpose?: string | null | undefined
  /** What the reader said: then personal data is shown, and the purpose is the reader's. */
  readonly stated?: StatedPurpose | null | undefined
}

/** A person or a system; a peer's client is its region. */
export type Reader = Pick<Caller, 'client'> & { readonly role: Caller['role'] | 'peer'; readonly actor?: string | null }

/** More are written as their count and a digest. */
const MAX_NAMED = 20

/**
 * Writes that an answer shows something, and returns when that is committed: only then may the answer be sent. `what` is the
 * operation's id. Throws HefuError `unavailable` when it could not be written.
 */
export async function logRead(
  ctx: Pick<Context, 'db' | 'now' | 'region' | 'actorKey' | 'vault'>,
  reader: Reader,
  what: string,
  shown: Shown,
): Promise<void> {
  try {
    await logFact(ctx, readFact(ctx, reader, what, await wholly(ctx, shown)))
  } catch (cause) {
    throw new HefuError('unavailable', { cause, detail })
  }
}

/** With the purpose that the case's own documents state; none where this node holds no document of it. */
async function wholly(ctx: Pick<Context, 'db' | 'vault'>, { ofCase, ...shown }: Shown): Promise<Omit<Shown, 'ofCase'>> {
  if (ofCase === undefined) return shown
  if (shown.stated) return { ...shown, cases: [ofCase] }
  const message = await readFirstMessage(ctx, ofCase)
  return { cases: [ofCase], purpose: message === undefined ? null : storedClaims(message).purpose }
}

const detail = {
  zh: '读取须先记入交换日志，而现在无法写入；请稍后重试。',
  en: 'A read is written into the exchange log before it is answered, and that is not possible now: try again later.',
}

function readFact(
  { region, actorKey }: Pick<Context, 'region' | 'actorKey'>,
  { client, role, actor }: Reader,
  what: string,
  { cases = [], purpose: disclosed, stated }: Omit<Shown, 'ofCase'>,
): LogFact {
  const named = [...new Set(cases)].toSorted()
  const purpose = stated?.purpose ?? disclosed
  const owners = named.length === 0 ? [region] : ownersOf(named)
  const [owner = region] = owners
  return {
    kind: 'access.read',
    actor: actor ?? actorName(actorKey, client),
    client,
    role,
    what,
    ...casesOf(named, owners.length === 1),
    ...(purpose ? { purpose } : {}),
    ...(stated ? { affair: stated.affair } : {}),
    ...(owners.length === 1 ? { owner } : { owners }),
  }
}

/** By number, where they are few and of one region: each owner is shown the entry, and learns nothing of the cases of others. */
function casesOf(cases: readonly string[], ofOneOwner: boolean): { cases?: string[]; count?: number; digest?: string } {
  if (cases.length === 0) return {}
  return ofOneOwner && cases.length <= MAX_NAMED ? { cases: [...cases] } : { count: cases.length, digest: caseListDigest(cases) }
}

/** SHA-256 over the case numbers, each once, in ascending order, one per line: whoever holds the same list can show that it was this one. */
export function caseListDigest(cases: readonly string[]): string {
  const lines = [...new Set(cases)].toSorted().map((one) => `${one}\n`)
  return createHash('sha256').update(lines.join('')).digest('base64url')
}

/** Whose cases they are. */
function ownersOf(cases: readonly string[]): string[] {
  return [...new Set(cases.map((one) => caseNumberParts(one as CaseNumber).owner))].toSorted()
}
