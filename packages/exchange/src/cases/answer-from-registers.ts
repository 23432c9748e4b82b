import { nextFor, type RegisterAnswer } from '@hefu/procedures'
import { shanghaiDate } from '@hefu/reference'
import { sql } from 'kysely'
import type { Context } from '../context.ts'
import { insertRows, type Tx } from '../db/bulk.ts'
import { HefuError } from '../errors.ts'
import { lookupKey } from '../registers/lookup-key.ts'
import { holdLookups, rememberQuestions } from '../registers/question-store.ts'
import { findRecords } from '../registers/register-store.ts'
import { type Appended, appendDocument, type DraftDocument } from './append-document.ts'
import { type LoadedCase, storedClaims } from './loaded-case.ts'
import { agreementOf } from './open-case.ts'
import { type Projected, projectCases } from './project-cases.ts'
import { closeDraft, writeDraft } from './task-store.ts'

type AnswerContext = Pick<Context, 'region' | 'federation' | 'signer' | 'now' | 'log' | 'metrics'>

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
    Object.values(wanted ?? {}).map(({ register, lookup }) => ({ register, lookupKey: lookupKey(lookup.kind, lookup.value) })),
  )
  await holdLookups(
    tx,
    'record',
    'reading',
    keys.map((key) => key.lookupKey),
  )
  const records = await findRecords(tx, keys)
  await rememberQuestions(
    tx,
    questions.flatMap(({ projected, wanted }) =>
      Object.values(wanted ?? {}).map(({ register, lookup }) => ({
        register,
        lookup_key: lookupKey(lookup.kind, lookup.value),
        case_number: projected.loaded.row.case_number,
      })),
    ),
  )
  const peers = new Set<string>()
  for (const question of questions) {
    const found = Object.fromEntries(
      Object.entries(question.wanted ?? {}).map(([name, { register, lookup }]) => [
        name,
        records.get(`${register}\0${lookupKey(lookup.kind, lookup.value)}`) ?? [],
      ]),
    )
    const written = question.answer.write(question.projected.replay.view, found, shanghaiDate(ctx.now()))
    if (!written) {
      await closeDraft(tx, ctx, question.projected.loaded, question.answer.document)
      continue
    }
    const peer = automatic && written.automatic ? await sendAutomatically(tx, ctx, question, written.data) : null
    if (peer === null)
      await writeDraft(tx, ctx, question.projected.loaded, {
        digest: question.about,
        document: question.answer.document,
        data: written.data,
        note: written.note,
      })
    else peers.add(peer)
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

/** Null when it may not go by itself: no such agreement, done before, or the engine or a check has something against it. */
async function sendAutomatically(
  tx: Tx,
  ctx: AnswerContext,
  { projected, answer, about }: Question,
  data: unknown,
): Promise<string | null> {
  const { loaded } = projected
  const first = loaded.documents.find((d) => d.status === 'held' && d.message !== null && d.iss === loaded.row.owner)
  if (!first?.message) return null
  const { purpose, basis } = storedClaims(first.message)
  if (!agreementOf(ctx, loaded.row.agreement, purpose).automatic) return null
  const act = await insertRows(
    'acts',
    [{ case_number: loaded.row.case_number, digest: about, act: `answer:${answer.document}`, done_at: new Date(ctx.now()) }],
    sql`on conflict do nothing returning act`,
  ).execute(tx)
  if (act.rows.length === 0) return null
  const appended = await tryAppend(ctx, loaded, { document: answer.document, purpose, basis, data })
  if (appended === null) return null
  await sql`savepoint answer`.execute(tx)
  const [sent] = await projectCases(tx, ctx, [appended.loaded], appended.writes)
  if (!sent?.conflicts.some(({ digest }) => digest === appended.row.digest)) return appended.row.aud
  // It would hand over what another case has handed over: taken back, and an officer decides.
  await sql`rollback to savepoint answer`.execute(tx)
  return null
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
