import { deepStrictEqual as deepEqual, strictEqual as equal, notStrictEqual as notEqual } from 'node:assert'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CaseDocument, Replay } from '../src/index.ts'
import { nextFor, replay, voidCodes } from '../src/index.ts'
import { addressQueryModel } from './address-query.arbitraries.ts'
import { certificateRecognitionModel } from './certificate-recognition.arbitraries.ts'
import { factsOf, type History, type HistoryModel, playHistory, replayOf, type Step } from './history.ts'
import { insuranceTransferModel } from './insurance-transfer.arbitraries.ts'
import { violationNoticeModel } from './violation-notice.arbitraries.ts'

const models: readonly HistoryModel[] = [addressQueryModel, violationNoticeModel, insuranceTransferModel, certificateRecognitionModel]
const histories = 5_000

const step: fc.Arbitrary<Step> = fc.record({
  act: fc.oneof(
    { weight: 45, arbitrary: fc.constant('write' as const) },
    { weight: 34, arbitrary: fc.constant('deliver' as const) },
    { weight: 10, arbitrary: fc.constant('receipt' as const) },
    { weight: 3, arbitrary: fc.constant('refuse' as const) },
    { weight: 4, arbitrary: fc.constant('fork' as const) },
    { weight: 4, arbitrary: fc.constant('rogue' as const) },
    { weight: 2, arbitrary: fc.constant('recall' as const) },
    { weight: 3, arbitrary: fc.constant('confirm' as const) },
  ),
  side: fc.constantFrom(0 as const, 1 as const),
  pick: fc.nat(10_000),
  seed: fc.nat(),
})
const steps = fc.array(step, { maxLength: 18, size: 'max' })

describe.each(models.map((model) => ({ name: model.procedure.name, model })))('$name', ({ model }) => {
  test(`${histories} random histories: both halves match, and every state, standing and reason is reached`, () => {
    const reached = { states: new Set<string>(), standings: new Set<string>(), reasons: new Set<string>(), documents: 0, effective: 0 }
    const observe = (seen: Replay) => {
      reached.states.add(seen.state)
      for (const standing of seen.standings.values()) {
        reached.standings.add(standing.standing)
        if (standing.standing === 'void') reached.reasons.add(standing.reason.code)
      }
    }
    fc.assert(
      fc.property(steps, fc.nat(), (played, shuffleSeed) => {
        const history = playHistory(model, played, observe)
        const result = replayOf(model, history.sides[0])
        observe(result)
        for (const standing of result.standings.values()) {
          reached.documents += 1
          if (standing.standing === 'effective') reached.effective += 1
        }
        bothHalvesMatch(history, result, shuffleSeed)
        nothingIsLeftOver(played, result)
        voidChangesNothing(model, history, result)
        laterNeverReordersThePast(model, history, result, shuffleSeed)
      }),
      { numRuns: histories },
    )
    expect([...reached.states].sort()).toEqual([...Object.keys(model.procedure.states), 'recalled', 'undelivered', 'waiting'].sort())
    expect([...reached.standings].sort()).toEqual(['effective', 'refused', 'void', 'waiting'])
    expect([...reached.reasons].sort()).toEqual([...possibleReasons(model)].sort())
    expect(reached.effective / reached.documents).toBeGreaterThanOrEqual(0.5)
  })
})

/** A procedure without documents that answer cannot void one for its answer. */
function possibleReasons(model: HistoryModel): readonly string[] {
  const answering = Object.values(model.procedure.documents).some((document) => document.answers)
  return [...voidCodes.filter((code) => answering || !code.startsWith('answers-')), ...(model.voidReasons ?? [])]
}

/** Once everything has arrived or was refused, nothing waits; and sides that keep to the rules write chains, whatever is refused. */
function nothingIsLeftOver(played: readonly Step[], result: Replay): void {
  if (result.view.state !== null) for (const standing of result.standings.values()) notEqual(standing.standing, 'waiting')
  if (played.every(({ act }) => act !== 'rogue' && act !== 'fork')) equal(result.forks.length, 0)
}

/** Whatever the order of arrival and the repetitions. */
function bothHalvesMatch(history: History, result: Replay, shuffleSeed: number): void {
  const { model, sides } = history
  const expected = summary(model, result)
  equal(summary(model, replayOf(model, sides[1])), expected)
  const shuffled = shuffle([...sides[1].documents, ...sides[0].documents], shuffleSeed)
  equal(summary(model, replay(model.procedure, shuffled, factsOf(sides[1]))), expected)
}

/** The order is itself causally closed at every point: each prefix is a history that one could have held. */
function voidChangesNothing(model: HistoryModel, history: History, result: Replay): void {
  const [side] = history.sides
  const held = new Map(side.documents.map((document) => [document.digest, document]))
  const prefix: CaseDocument[] = []
  let before: Replay | undefined
  for (const digest of result.order) {
    prefix.push(held.get(digest) as CaseDocument)
    const after = replay(model.procedure, prefix, factsOf(side))
    if (
      before !== undefined &&
      after.view.state !== null &&
      after.standings.get(digest)?.standing === 'void' &&
      before.view.state !== null
    ) {
      equal(outcome(model, after), outcome(model, before))
    }
    if (after.view.state !== null) deepEqual(after.standings.get(digest), result.standings.get(digest))
    before = after
  }
}

/** In a causally closed part of the case, documents stand in the order that they have in the whole. */
function laterNeverReordersThePast(model: HistoryModel, history: History, result: Replay, seed: number): void {
  const [side] = history.sides
  const refused = new Set(side.refused.map((document) => document.digest))
  const part = new Map<string, CaseDocument>()
  for (const [at, document] of side.documents.filter((one) => result.order.includes(one.digest)).entries()) {
    if ((seed >>> (at % 24)) & 1) closeOver(document, new Map(side.documents.map((one) => [one.digest, one])), refused, part)
  }
  const partial = replay(model.procedure, [...part.values()], factsOf(side))
  deepEqual(
    partial.order,
    result.order.filter((digest) => part.has(digest)),
  )
}

function closeOver(
  document: CaseDocument,
  held: ReadonlyMap<string, CaseDocument>,
  refused: ReadonlySet<string>,
  part: Map<string, CaseDocument>,
): void {
  if (part.has(document.digest)) return
  part.set(document.digest, document)
  for (const digest of document.seen) if (!refused.has(digest)) closeOver(held.get(digest) as CaseDocument, held, refused, part)
}

function summary(model: HistoryModel, result: Replay): string {
  const standings = [...result.standings].sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([outcome(model, result), standings, result.order, result.forks, result.findings])
}

function outcome(model: HistoryModel, result: Replay): string {
  const { roles } = model.procedure
  const next = [roles.owner, ...roles.counterparties].map((role) => nextFor(model.procedure, result, role.role))
  const effects = [roles.owner, ...roles.counterparties].map((role) => model.procedure.effects(result.view, role.role))
  return JSON.stringify([result.state, result.final, result.ballHolder, result.deadlines, result.effectiveUntil, next, effects])
}

function shuffle<T>(list: T[], seed: number): T[] {
  return list
    .map((item, at) => ({ item, key: Math.imul(seed + at + 1, 2654435761) >>> 0 }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item)
}
