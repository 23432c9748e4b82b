import { setTimeout as sleep } from 'node:timers/promises'
import type { Procedure } from '@hefu/procedures'
import { type ApiAnswer, type ApiClient, type Json, listOf } from '../api-client.ts'

/** The officers of both regions, acting on one case through the API as a bureau's system would. */
export interface PlayedCase {
  readonly procedure: Procedure
  readonly purpose: string
  readonly basis: string
  /** Data of the starting document. */
  readonly opening: unknown
  readonly caseNumber: string
  readonly owner: ApiClient
  readonly counterparty: ApiClient
  /** What the script has written so far, and on which side: a side acts only on what it has seen of it. */
  readonly written: { readonly digest: string; readonly side: ApiClient }[]
  /** Told of every document that a node accepted. */
  readonly onWritten: (id: string) => void
  readonly signal: AbortSignal
}

/** A case that could not be played as its line says. The texts go to the person who ran the demo. */
export class PlayError extends Error {
  readonly zh: string
  readonly en: string
  constructor(zh: string, en: string) {
    super(en)
    this.name = 'PlayError'
    this.zh = zh
    this.en = en
  }
}

/** How long a step may take to become possible: the other side's document travels, and retries, meanwhile. */
const stepWithinMs = 45_000
/** About what a document takes to the other side: asking more often only keeps the nodes busy with answering. */
const firstWaitMs = 50

export function sideOf(played: PlayedCase, document: string): ApiClient {
  return played.procedure.documents[document]?.by === played.procedure.roles.owner.role ? played.owner : played.counterparty
}

/** The case as that side has it, with its ETag; null while it has not arrived, or lacks a document of the script. */
export async function readCase(played: PlayedCase, side: ApiClient): Promise<{ readonly body: Json; readonly etag: string } | null> {
  const answer = await side.get(pathOf(played))
  if (answer.status === 404) return null
  if (answer.status !== 200) throw refused(answer)
  const held = new Set(listOf(answer.body.documents).map(({ digest }) => String(digest)))
  return played.written.every(({ digest }) => held.has(digest)) ? { body: answer.body, etag: answer.headers.get('etag') ?? '' } : null
}

/** Whether this side may write the document now. */
export function isAllowed(body: Json, document: string): boolean {
  return listOf(body.next).some((next) => String(next.document) === document && Boolean(next.allowed))
}

/** Drafts that the node has put before this side's officers, by document. */
export async function readDrafts(played: PlayedCase, side: ApiClient): Promise<ReadonlyMap<string, unknown>> {
  const answer = await side.get(`/v1/tasks?case=${played.caseNumber}&state=open`)
  if (answer.status !== 200) throw refused(answer)
  const tasks = listOf(answer.body.items).filter(({ draft, document }) => draft != null && document != null)
  const drafts = new Map<string, unknown>()
  // A list shows drafts masked: what is to be sent is read with the purpose of the case.
  for (const task of tasks) {
    const whole = await side.get(`/v1/tasks/${task.id}`, { headers: { 'hefu-purpose': played.purpose } })
    if (whole.status !== 200) throw refused(whole)
    if (whole.body.draft != null) drafts.set(String(task.document), (whole.body.draft as unknown as { readonly data: unknown }).data)
  }
  return drafts
}

/** Writes a document as soon as its side may. `data` may come from a draft, which may still be on its way: undefined waits. */
export async function writeDocument(played: PlayedCase, document: string, data: () => Promise<unknown>): Promise<void> {
  const side = sideOf(played, document)
  await until(played, side, async () => {
    const read = await readCase(played, side)
    if (read === null || !isAllowed(read.body, document)) return whyNot(played, document, read?.body)
    const content = await data()
    if (content === undefined) return { zh: '没有拟稿', en: 'the node has drafted nothing' }
    const body = { purpose: played.purpose, basis: played.basis, data: content }
    const answer = await side.post(`${pathOf(played)}/${document}`, body, { ifMatch: read.etag })
    // Another document was quicker: look again.
    if (answer.status === 412 || (answer.status === 409 && String(answer.body.code) === 'document-not-allowed-now'))
      return { zh: '办件已变化', en: 'the case has changed meanwhile' }
    if (answer.status !== 201) throw refused(answer)
    noteWritten(played, side, answer)
    return null
  })
}

export function noteWritten(played: Pick<PlayedCase, 'written' | 'onWritten'>, side: ApiClient, answer: ApiAnswer): void {
  played.written.push({ digest: String(answer.body.document?.digest), side })
  played.onWritten(String(answer.body.document?.id))
}

/**
 * Tries again, at growing intervals, until it answers null; what it answers instead is why it did not. `side` waits for the
 * other one's document when that was the last: then the first look comes after a while, too.
 */
export async function until(
  { signal, written }: Pick<PlayedCase, 'signal' | 'written'>,
  side: ApiClient | null,
  attempt: () => Promise<{ readonly zh: string; readonly en: string } | null>,
): Promise<void> {
  const end = performance.now() + stepWithinMs
  if (written.at(-1)?.side !== side) await sleep(firstWaitMs)
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(waitMs * 1.6, 500)) {
    signal.throwIfAborted()
    const why = await attempt()
    if (why === null) return
    if (performance.now() > end)
      throw new PlayError(`${stepWithinMs / 1000} 秒内无法进行：${why.zh}`, `not possible within ${stepWithinMs / 1000} s: ${why.en}`)
    await sleep(waitMs)
  }
}

/** What a node refused, with the pointers it gave. */
export function refused(answer: ApiAnswer): PlayError {
  const { code, title, detail, errors } = answer.body
  const pointers = errors === undefined ? [] : listOf(errors).map((error) => `${error.pointer} ${error.detail}`)
  const text = [`${answer.status} ${code ?? ''}`, detail ?? title, ...pointers].filter((part) => part !== undefined).join('; ')
  return new PlayError(`节点拒绝：${text}`, `the node refused: ${text}`)
}

function whyNot(played: PlayedCase, document: string, body: Json | undefined) {
  if (body === undefined) return { zh: `“${document}”：前面的文书尚未到达`, en: `${document}: an earlier document has not arrived` }
  const next = listOf(body.next).find((one) => String(one.document) === document)
  const why = `${document}: ${next?.reason ?? ''} (${played.caseNumber}, ${body.state})`
  return { zh: why, en: why }
}

function pathOf({ procedure, caseNumber }: PlayedCase): string {
  return `/v1/${procedure.path}/${caseNumber}`
}
