import { SHA256_TEXT, UUID_V7 } from '@hefu/protocol'
import type { EntryColumns } from './log-store.ts'

/**
 * What look-ups need of an entry. The bytes go into the log as they stand, whatever they are: what was written cannot be left out, and
 * one wrong row must not stop the log. An auditor's check reports it.
 */
export function entryColumns(region: string, entry: string): EntryColumns {
  const members = membersOf(entry)
  const text = (name: string) => (typeof members[name] === 'string' ? members[name] : null)
  const jti = text('jti')
  const digest = text('digest')
  const parties = [text('iss'), text('aud'), text('owner'), text('region')]
  return {
    peer: parties.find((party) => party !== null && party !== region) ?? null,
    procedure: text('procedure'),
    caseNumber: text('case') ?? onlyCase(members.cases),
    jti: jti !== null && UUID_V7.test(jti) ? jti : null,
    digest: digest !== null && SHA256_TEXT.test(digest) ? digest : null,
  }
}

function onlyCase(cases: unknown): string | null {
  return Array.isArray(cases) && cases.length === 1 && typeof cases[0] === 'string' ? cases[0] : null
}

function membersOf(entry: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(entry)
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
  } catch (error) {
    if (error instanceof SyntaxError) return {}
    throw error
  }
}
