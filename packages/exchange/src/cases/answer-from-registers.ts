import { nextFor, type RegisterAnswer, type Text } from '@hefu/procedures'
import { shanghaiDate } from '@hefu/reference'
import type { Context } from '../context.ts'
import type { Tx } from '../db/bulk.ts'
import { HefuError } from '../errors.ts'
import { holdLookups, rememberQuestions } from '../registers/question-store.ts'
import { findRecords } from '../registers/register-store.ts'
import { takeAct } from './act-store.ts'
import { type Appended, appendDocument, type DraftDocument } from './append-document.ts'
import { isClaimedElsewhere, type WantedClaim } from './claim-store.ts'
import { type LoadedCase, replayCase, storedClaims } from './loaded-case.ts'
import { type Projected, projectCases } from './project-cases.ts'
import { requireAgreement } from './require-agreement.ts'
import { closeDraft, writeDraft } from './task-store.ts'

type AnswerContext = Pick<Context, 'region' | 'federation' | 'vault' | 'signer' | 'now' | 'log' | 'metrics'>

interface Question {
  readonly projected: Projected
  readonly answer: RegisterAnswer
  readonly wanted: ReturnType<NonNullable<RegisterAnswer['lookUp']>>
  /** Digest of the latest effective document: what the answer is about. */
  readonly about: string
}

/**
 * Where a register can answer and it is this side's turn: good news that the register proves goes out by itself when the
 * agreement says so and `automatic` allows it, once; everything else becomes a draft for an officer. Under the case lock, like any other document.
 * Answers the peers to deliver to.
 */
export async function answerFromRegisters(tx: Tx, ctx: AnswerContext, cases: readonly Projected[], automatic: boolean): Promise<string[]> {
  const questions = cases.flatMap(questionsOf)
  if (questions.length === 0) return []
  const keys = questions.flatMap(({ wanted }) =>
    Object.values(wanted ?? {}).map(({ register, lookup }) => ({ register, lookupKey: ctx.vault.lookupKey(lookup.kind, lookup.value) })),
  )
  await holdLookups(
    tx,
    'record',
    'reading',
    keys.map((key) => key.lookupKey),
  )
  const records = await findRecords(tx, ctx, keys)
  await rememberQuestions(
    tx,
    questions.flatMap(({ projected, wanted }) =>
      Object.values(wanted ?? {}).map(({ register, lookup }) => ({
        register,
        lookup_key: ctx.vault.lookupKey(lookup.kind, lookup.value),
        case_number: projected.loaded.row.case_number,
      })),
    ),
  )
  const peers = new Set<string>()
  for (const question of questions) {
    const found = Object.fromEntries(
      Object.entries(question.wanted ?? {}).map(([name, { register, lookup }]) => [
        name,
        records.get(`${register}\0${ctx.vault.lookupKey(lookup.kind, lookup.value)}`) ?? [],
      ]),
    )
    const written = question.answer.write(question.projected.replay.view, found, shanghaiDate(ctx.now()))
    if (!written) {
      await closeDraft(tx, ctx, question.projected.loaded, question.answer.document)
      continue
    }
    const sent = automatic && written.automatic ? await sendAutomatically(tx, ctx, question, written.data) : null
    if (sent !== null && 'peer' in sent) peers.add(sent.peer)
    else
      await writeDraft(tx, ctx, question.projected.loaded, {
        digest: question.about,
        document: question.answer.document,
        data: written.data,
        note: sent?.why ?? written.note,
      })
  }
  return [...peers]
}

function questionsOf(projected: Projected): Question[] {
  const { loaded, replay, conflicts } = projected
  const about = replay.view.effective.at(-1)
  if (conflicts.length > 0 || replay.final || about === undefined) return []
  const next = nextFor(loaded.procedure, replay, loaded.row.role)
  return loaded.procedure.registerAnswers.flatMap((answer) => {
    if (answer.role !== loaded.row.role || !answer.states.includes(replay.state)) return []
    if (!next.some((n) => n.document === answer.document && n.allowed)) return []
    const wanted = answer.lookUp(replay.view)
    return wanted === null ? [] : [{ projected, answer, wanted, about: about.digest }]
  })
}

/**
 * Null when it may not go by itself: no such agreement, done before, or the engine or a check has something against it. An act is done
 * once it is done: what stands in its way now may be gone when the case is looked at again.
 */
async function sendAutomatically(
  tx: Tx,
  ctx: AnswerContext,
  { projected, answer, about }: Question,
  data: unknown,
): Promise<{ readonly peer: string } | { readonly why: Text } | null> {
  const { loaded } = projected
  const start = loaded.documents.find(({ digest }) => digest === projected.replay.view.effective[0]?.digest)
  if (!start?.message) return null
  const { purpose, basis } = storedClaims(start.message)
  if (!answersByItself(ctx, loaded, { purpose, basis })) return null
  const appended = await tryAppend(ctx, loaded, { document: answer.document, purpose, basis, data })
  if (appended === null) return null
  if (await isClaimedElsewhere(tx, ctx, claimsOf(appended.loaded))) return { why: handedOverElsewhere }
  const act = { case_number: loaded.row.case_number, digest: about, act: `answer:${answer.document}`, done_at: new Date(ctx.now()) }
  if (!(await takeAct(tx, act))) return null
  await projectCases(tx, ctx, [appended.loaded], appended.writes)
  return { peer: appended.row.aud }
}

/** What the agreement has against an answer, an officer is told who writes it. */
function answersByItself(ctx: AnswerContext, { row }: LoadedCase, wanted: { readonly purpose: string; readonly basis: string }): boolean {
  try {
    return requireAgreement(ctx, row, wanted).automatic
  } catch (error) {
    if (error instanceof HefuError) return false
    throw error
  }
}

const handedOverElsewhere: Text = {
  zh: '内容与另一办件已移交的部分重复，未自动发出，请核对',
  en: 'another case has handed over part of this already, so it was not sent by itself: check it',
}

/** What the case would claim with this document. */
function claimsOf(loaded: LoadedCase): WantedClaim[] {
  return loaded.procedure
    .effects(replayCase(loaded).view, loaded.row.role)
    .flatMap((effect) => (effect.kind === 'claim' ? [{ loaded, effect }] : []))
}

async function tryAppend(ctx: AnswerContext, loaded: LoadedCase, draft: DraftDocument): Promise<Appended | null> {
  try {
    return await appendDocument(ctx, loaded, draft)
  } catch (error) {
    // Refused before anything was written: an officer decides.
    if (error instanceof HefuError) return null
    throw error
  }
}
