import { hash } from 'node:crypto'
import { type DateText, mintCaseNumber, type RegionId } from '@hefu/reference'
import { type CaseDocument, type CaseFacts, nextFor, type Procedure, type RefusedDocument, replay } from '../../src/index.ts'
import { factsOf, type History } from '../history.ts'

/** `CaseFacts` as JSON: `receivedAt` by digest; `recalled` only where there are some. */
export interface FactsJson extends Omit<CaseFacts, 'receivedAt' | 'recalled'> {
  readonly recalled?: readonly string[]
  readonly receivedAt: Readonly<Record<string, number>>
}

/** What a node holds after these documents (numbers of `documents`) have arrived in this order, some perhaps twice. */
export interface Arrival {
  readonly arrived: readonly number[]
  readonly expected: Expected
}

export interface ReplayVector {
  readonly documents: readonly CaseDocument[]
  readonly facts: FactsJson
  /** Several orders of all documents come to this one result. */
  readonly orders: readonly (readonly number[])[]
  readonly expected: Expected
  /** While some are still on their way. The facts then hold the receipts for those that have arrived, and all refusals. */
  readonly underway: readonly Arrival[]
}

/** Reasons and findings by code: their texts are not part of the wire. */
export type Expected = ReturnType<typeof outcomeOf>

/** The numbers of the documents, in some order. */
export type Shuffle = (count: number, turn: number) => readonly number[]

/** A played history as a vector, with digests as they are on the wire and in the same order of arrival on every run. */
export function vectorOf(procedure: Procedure, history: History, shuffle: Shuffle): ReplayVector {
  const [side] = history.sides
  const facts = factsOf(side)
  const { recalled = new Set<string>(), ...others } = facts
  const named = withDigests({
    // What is gone on one side may still be held on the other: neither reads it.
    documents: side.documents.map((one) => (recalled.has(one.digest) ? { ...one, data: null } : one)),
    refused: facts.refused,
    receivedAt: Object.fromEntries(facts.receivedAt),
    recalled: [...recalled].toSorted(),
  })
  const { documents } = named
  const factsJson: FactsJson = {
    ...others,
    ...(named.recalled.length > 0 && { recalled: named.recalled }),
    refused: named.refused,
    receivedAt: named.receivedAt,
    caseNumber: caseNumberOf(procedure, facts.owner),
  }
  const all = documents.map((_, at) => at)
  const orders = [all, all.toReversed(), shuffle(all.length, 0), [...shuffle(all.length, 1), ...shuffle(all.length, 2)]]
  const underway = [0, 1].map((turn) => shuffle(all.length, turn).slice(0, Math.ceil(all.length / 2)))
  return {
    documents,
    facts: factsJson,
    orders,
    expected: outcomeOf(procedure, documents, factsJson),
    underway: underway.map((arrived) => ({ arrived, expected: outcomeAfter(procedure, documents, factsJson, arrived) })),
  }
}

export function outcomeAfter(
  procedure: Procedure,
  documents: readonly CaseDocument[],
  facts: FactsJson,
  arrived: readonly number[],
): Expected {
  const held = arrived.map((at) => documents[at] as CaseDocument)
  const digests = new Set(held.map(({ digest }) => digest))
  const receivedAt = Object.fromEntries(Object.entries(facts.receivedAt).filter(([digest]) => digests.has(digest)))
  return outcomeOf(procedure, held, { ...facts, receivedAt })
}

/** Everything of a replay that both nodes must agree on. */
export function outcomeOf(procedure: Procedure, documents: readonly CaseDocument[], facts: FactsJson) {
  const { recalled = [], ...others } = facts
  const receivedAt = new Map(Object.entries(facts.receivedAt))
  const result = replay(procedure, documents, { ...others, receivedAt, recalled: new Set(recalled) })
  const { owner, counterparties } = procedure.roles
  return {
    state: result.state,
    final: result.final,
    ballHolder: result.ballHolder,
    deadlines: result.deadlines,
    effectiveUntil: result.effectiveUntil,
    order: result.order,
    forks: result.forks,
    standings: Object.fromEntries(
      [...result.standings]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([digest, standing]) => [digest, 'reason' in standing ? `${standing.standing} ${standing.reason.code}` : standing.standing]),
    ),
    findings: result.findings.map(({ digest, severity, code, pointer }) => ({ digest, severity, code, pointer })),
    next: Object.fromEntries(
      [owner, ...counterparties].map(({ role }) => [
        role,
        nextFor(procedure, result, role).map(({ document, allowed, answers, reason }) => ({
          document,
          allowed,
          ...(answers !== undefined && { answers }),
          ...(reason !== undefined && { reason: reason.code }),
        })),
      ]),
    ),
  }
}

interface Named {
  readonly documents: readonly CaseDocument[]
  readonly refused: readonly RefusedDocument[]
  readonly receivedAt: Readonly<Record<string, number>>
  readonly recalled: readonly string[]
}

/** The histories call documents by short names: on the wire a digest is a SHA-256. */
function withDigests(named: Named): Named {
  const names = [...named.documents, ...named.refused].map(({ digest }) => digest)
  const text = names.reduce(
    (json, name) => json.replaceAll(`"${name}"`, `"${hash('sha256', `document ${name}`, 'base64url')}"`),
    JSON.stringify(named),
  )
  return JSON.parse(text)
}

function caseNumberOf({ code }: Procedure, owner: RegionId) {
  return mintCaseNumber(owner, code, '2026-02-12' as DateText, new Uint8Array(7).fill(7))
}
