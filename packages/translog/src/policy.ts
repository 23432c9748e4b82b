import { readText, type TextCode } from './note-text.ts'
import { type Parsed, refused } from './parsed.ts'
import { checkPolicies, MAX_WITNESSES, type PolicyRule } from './policy-rules.ts'
import { TranslogError } from './translog-error.ts'
import { parseDecimal } from './tree-size.ts'
import { formatVerifierKey, parseVerifierKey, type VerifierKey } from './verifier-key.ts'

/** Whom to believe about one log: its own key, and `threshold` of its witnesses. */
export interface Policy {
  /** Type 01; its name is the log's origin. */
  readonly log: VerifierKey
  /** Type 04. */
  readonly witnesses: readonly VerifierKey[]
  /** k of the n witnesses; 2k > n, so that two quorums always share a witness. */
  readonly threshold: number
}

/** `syntax`: a line that is none of the four, or not in its order; `name`: not defined, or twice; `key`: no verifier key; the rest are rules. */
export type PolicyCode = TextCode | 'syntax' | 'name' | 'key' | PolicyRule

const MAX_POLICY_BYTES = 4 * 1024 * 1024

/**
 * Reads a policy file: the text format of C2SP tlog-policy, one policy for each log of the federation, one after the other. Each is
 *
 *     log <verifier key>
 *     witness <name> <verifier key>          (one line per witness)
 *     group <name> <k|all|any> <name>…       (all the witnesses; not needed for a single one)
 *     quorum <name>
 *
 * so a file for one log is a tlog-policy file that other tools read. Each region's log is witnessed by its peers, not by itself,
 * which one policy for several logs could not say. Comments, blank lines and URLs after keys are read over. Not
 * taken from the standard: `quorum none`, groups of groups, and witnesses outside of the quorum.
 */
export function parsePolicies(input: string | Uint8Array): Parsed<readonly Policy[], PolicyCode> {
  const read = readText(input, MAX_POLICY_BYTES, { tabs: true })
  if (!read.ok) return read
  const policies: Policy[] = []
  let section: Section | undefined
  for (const line of read.value.split('\n')) {
    const words = line.split(/[ \t]+/).filter((word) => word !== '')
    if (words.length === 0 || words[0]?.startsWith('#')) continue
    const step: Parsed<Section | Policy, PolicyCode> = section === undefined ? startSection(words) : readLine(section, words)
    if (!step.ok) return step
    if ('threshold' in step.value) {
      policies.push(step.value)
      section = undefined
    } else section = step.value
  }
  if (section !== undefined || policies.length === 0) return refused('syntax')
  const broken = checkPolicies(policies)
  return broken === undefined ? { ok: true, value: policies } : refused(broken)
}

/** Writes a policy file that `parsePolicies` reads. Throws TranslogError `policy` for policies that it would refuse. */
export function formatPolicies(policies: readonly Policy[]): string {
  const text = policies.map(formatPolicy).join('\n')
  const parsed = parsePolicies(text)
  if (!parsed.ok) throw new TranslogError('policy', `no policy file: ${parsed.code}`)
  return text
}

/** The policy for the log of that origin. */
export function policyFor(policies: readonly Policy[], origin: string): Policy | undefined {
  return policies.find(({ log }) => log.name === origin)
}

function formatPolicy({ log, witnesses, threshold }: Policy): string {
  const lines = [`log ${formatVerifierKey(log)}`, ...witnesses.map((key, at) => `witness w${at + 1} ${formatVerifierKey(key)}`)]
  lines.push(`group peers ${threshold} ${witnesses.map((_, at) => `w${at + 1}`).join(' ')}`, 'quorum peers')
  return lines.map((line) => `${line}\n`).join('')
}

/** A policy half read; nobody but its reader sees it. */
interface Section {
  readonly log: VerifierKey
  readonly witnesses: Map<string, VerifierKey>
  readonly group?: { readonly name: string; readonly members: number; readonly threshold: number }
}

function startSection([word, keyText = '', ...rest]: readonly string[]): Parsed<Section, PolicyCode> {
  if (word !== 'log' || rest.length > 1) return refused('syntax')
  const log = parseVerifierKey(keyText)
  return log.ok ? { ok: true, value: { log: log.value, witnesses: new Map() } } : refused('key')
}

function readLine(section: Section, [word, ...words]: readonly string[]): Parsed<Section | Policy, PolicyCode> {
  if (word === 'witness' && section.group === undefined) return readWitness(section, words)
  if (word === 'group' && section.group === undefined) return readGroup(section, words)
  if (word === 'quorum' && words.length === 1) return readQuorum(section, words[0] as string)
  return refused('syntax')
}

function readWitness(section: Section, [name, keyText = '', ...rest]: readonly string[]): Parsed<Section, PolicyCode> {
  if (name === undefined || rest.length > 1) return refused('syntax')
  if (name === 'none' || section.witnesses.has(name)) return refused('name')
  if (section.witnesses.size === MAX_WITNESSES) return refused('size')
  const key = parseVerifierKey(keyText)
  if (!key.ok) return refused('key')
  section.witnesses.set(name, key.value)
  return { ok: true, value: section }
}

function readGroup(section: Section, [name, count, ...members]: readonly string[]): Parsed<Section, PolicyCode> {
  if (name === undefined || count === undefined || members.length === 0) return refused('syntax')
  if (name === 'none' || section.witnesses.has(name) || new Set(members).size !== members.length) return refused('name')
  if (!members.every((member) => section.witnesses.has(member))) return refused('name')
  const threshold = count === 'all' ? members.length : count === 'any' ? 1 : parseDecimal(count)
  if (threshold === undefined) return refused('syntax')
  return { ok: true, value: { ...section, group: { name, members: members.length, threshold } } }
}

function readQuorum({ log, witnesses, group }: Section, name: string): Parsed<Policy, PolicyCode> {
  if (name === 'none') return refused('two-quorums')
  if (group === undefined ? !witnesses.has(name) : group.name !== name) return refused('name')
  // A witness outside of the quorum is one that the author believes to count.
  if ((group?.members ?? 1) !== witnesses.size) return refused('idle-witness')
  return { ok: true, value: { log, witnesses: [...witnesses.values()], threshold: group?.threshold ?? 1 } }
}
