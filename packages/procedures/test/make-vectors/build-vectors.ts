import { voidCodes } from '../../src/index.ts'
import { certificateRecognitionModel } from '../certificate-recognition.arbitraries.ts'
import { type HistoryModel, playHistory, type Step } from '../history.ts'
import { insuranceTransferModel } from '../insurance-transfer.arbitraries.ts'
import { type Rng, seededRng } from '../rng.ts'
import { violationNoticeModel } from '../violation-notice.arbitraries.ts'
import { type ReplayVector, type Shuffle, vectorOf } from './replay-vector.ts'

export const models: readonly HistoryModel[] = [violationNoticeModel, insuranceTransferModel, certificateRecognitionModel]

const tries = 20_000
/** Short histories show one thing at a time, and fit a screen. */
const mostDocuments = 7

/** Content of every file in packages/procedures/vectors, by name. Seeded: the same files come out every time. */
export function buildVectors(): Record<string, { procedure: string; histories: readonly ReplayVector[] }> {
  return Object.fromEntries(
    models.map((model) => {
      const { name, version } = model.procedure
      return [`${name}.json`, { procedure: `${name}/${version}`, histories: chooseHistories(model) }]
    }),
  )
}

/** What the histories of a procedure must show between them. */
export function wantedOf({ procedure, voidReasons = [] }: HistoryModel): readonly string[] {
  const answering = Object.values(procedure.documents).some((document) => document.answers)
  const reasons = [...voidCodes.filter((code) => answering || !code.startsWith('answers-')), ...voidReasons]
  return [
    ...Object.keys(procedure.states).map((state) => `state ${state}`),
    'state undelivered',
    'state recalled',
    'recalled in a case that goes on',
    ...reasons.map((code) => `void ${code}`),
    'refused in a case that goes on',
    'deadline',
    'fork',
  ]
}

/** What one history shows of that. */
export function shownBy({ facts, expected }: ReplayVector): string[] {
  const standings = Object.values(expected.standings)
  return [
    `state ${expected.state}`,
    ...standings,
    ...(facts.refused.length > 0 && expected.state !== 'undelivered' ? ['refused in a case that goes on'] : []),
    ...(facts.recalled !== undefined && !expected.final ? ['recalled in a case that goes on'] : []),
    ...(expected.deadlines.some(({ due }) => due !== null) ? ['deadline'] : []),
    ...(expected.forks.length > 0 ? ['fork'] : []),
  ]
}

/** Of many random histories, each that shows something the ones before it do not. */
function chooseHistories(model: HistoryModel): ReplayVector[] {
  const missing = new Set(wantedOf(model))
  const chosen: ReplayVector[] = []
  for (let seed = 1; missing.size > 0; seed++) {
    if (seed > tries) throw new Error(`no history shows ${[...missing].join(', ')}`)
    const history = playHistory(model, randomSteps(seededRng(seed)), () => {})
    if (history.sides[0].documents.length > mostDocuments) continue
    const vector = vectorOf(model.procedure, history, shuffleOf(seed))
    const shown = shownBy(vector).filter((one) => missing.has(one))
    if (shown.length > 0) chosen.push(vector)
    for (const one of shown) missing.delete(one)
  }
  return chosen
}

function randomSteps(rng: Rng): Step[] {
  const acts = [
    'write',
    'write',
    'write',
    'write',
    'deliver',
    'deliver',
    'deliver',
    'receipt',
    'refuse',
    'fork',
    'rogue',
    'recall',
    'confirm',
  ] as const
  return Array.from({ length: rng.int(1, 12) }, () => ({
    act: rng.pick(acts),
    side: rng.pick([0, 1] as const),
    pick: rng.int(0, 10_000),
    seed: rng.int(0, 2 ** 31),
  }))
}

function shuffleOf(seed: number): Shuffle {
  return (count, turn) => {
    const rng = seededRng(seed * 31 + turn)
    const left = Array.from({ length: count }, (_, at) => at)
    return Array.from({ length: count }, () => left.splice(rng.int(0, left.length - 1), 1)[0] as number)
  }
}
