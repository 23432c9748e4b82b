import { certificateRecognition, insuranceTransfer, violationNotice } from '@hefu/procedures'
import { shanghaiDate } from '@hefu/reference'
import { listOf } from '../api-client.ts'
import { isAllowed, PlayError, type PlayedCase, readCase, readDrafts, until, writeDocument } from './officer.ts'

/** What the officers do with a case whose line has no script: the ordinary course of its procedure. */
export async function playUsualSteps(played: PlayedCase): Promise<void> {
  switch (played.procedure.name) {
    case violationNotice.name:
      return await fileNotice(played)
    case insuranceTransfer.name:
      return await completeTransfer(played)
    case certificateRecognition.name:
      return await decideRecognition(played)
    default:
      throw new PlayError(`“${played.procedure.name}”需要 script`, `${played.procedure.name} needs a script`)
  }
}

/** A suspicion is nobody's to file. */
async function fileNotice(played: PlayedCase): Promise<void> {
  const notice = played.opening as { readonly stage: string; readonly creditClass?: string }
  if (notice.stage !== 'decided') return
  const filing = {
    entryNumber: `HEFU-${played.caseNumber}`,
    enteredOn: shanghaiDate(Date.now()),
    keyInspectionTarget: notice.creditClass === 'serious',
  }
  await writeDocument(played, 'filing', async () => filing)
}

/** The form comes by itself or as a draft, or the draft is a return, which ends the case. */
async function completeTransfer(played: PlayedCase): Promise<void> {
  const answered = await awaitAnswer(played, 'completion', ['return', 'information-form'])
  if (answered === 'return') return
  const letter = played.opening as { readonly insuranceType: string; readonly accountKind: string }
  const { insuranceType, accountKind } = letter
  await writeDocument(played, 'completion', async () => ({
    completedOn: shanghaiDate(Date.now()),
    relationContinuedAs: { insuranceType, accountKind },
  }))
}

interface Request {
  readonly certificate: { readonly kind: string; readonly level: string }
  readonly use: string
}

/** Before hiring the answer is all that was wanted. */
async function decideRecognition(played: PlayedCase): Promise<void> {
  await awaitAnswer(played, 'decision', ['verification'])
  const request = played.opening as Request
  if (request.use === 'hiring') return
  await writeDocument(played, 'decision', async () => decisionOn(request, await latestVerification(played)))
}

interface Verification {
  readonly outcome: string
  readonly subsidyPaid?: { readonly paid: boolean }
}

function decisionOn({ certificate }: Request, { outcome, subsidyPaid }: Verification) {
  const rule = { rule: ruleFor(certificate), ruleVersion: '2026-01' }
  if (outcome !== 'authentic') return { outcome: 'refused', reason: `核验结果：${outcome}`, ...rule }
  if (subsidyPaid?.paid) return { outcome: 'refused', reason: '同一人员、职业和等级的补贴已在发证地发放', ...rule }
  return { outcome: 'recognised', asLevel: certificate.level, ...rule }
}

function ruleFor({ kind, level }: Request['certificate']): string {
  if (kind !== 'title') return kind
  return level.endsWith('senior') ? 'title-senior' : 'title-agreement'
}

/**
 * Waits until the owner's side may write `document`, because the answer has come. Where the other side's node has drafted
 * the answer for an officer instead of sending it, sends that draft. Answers which draft was sent, null for none. Most
 * answers come by themselves: the drafts are looked at every second time.
 */
async function awaitAnswer(played: PlayedCase, document: string, drafts: readonly string[]): Promise<string | null> {
  let sent: string | null = null
  let looks = 0
  await until(played, null, async () => {
    looks += 1
    const owner = await readCase(played, played.owner)
    if (owner !== null && isAllowed(owner.body, document)) return null
    if (looks % 2 === 0) sent = await sendDraft(played, drafts)
    return sent === null ? { zh: '对方尚未答复，也没有拟稿', en: 'the other side has neither answered nor drafted an answer' } : null
  })
  return sent
}

async function sendDraft(played: PlayedCase, drafts: readonly string[]): Promise<string | null> {
  const drafted = await readDrafts(played, played.counterparty)
  const answer = drafts.find((name) => drafted.has(name))
  if (answer !== undefined) await writeDocument(played, answer, async () => drafted.get(answer))
  return answer ?? null
}

async function latestVerification(played: PlayedCase): Promise<Verification> {
  const read = await readCase(played, played.owner)
  const last = listOf(read?.body.documents).findLast(({ document, standing }) => `${document} ${standing}` === 'verification effective')
  const answer = await played.owner.get(`/v1/cases/${played.caseNumber}/documents/${last?.id}`)
  return answer.body.data as unknown as Verification
}
