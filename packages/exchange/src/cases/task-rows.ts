import type { Replay, Text } from '@hefu/procedures'
import type { LoadedCase } from './loaded-case.ts'

/** What an officer of this side should do, before it has a row. */
export interface WantedTask {
  readonly loaded: LoadedCase
  readonly digest: string
  readonly key: string
  readonly title: Text
  readonly document: string | null
  /** `{document, data}`, or null. */
  readonly draft: unknown
  readonly note?: Text
}

/** A task of the node itself, which ends when the officer says so: a refused document is to be written anew. */
export const resendKey = 'resend'
/** A task made for a draft from a register; it ends when the draft no longer answers anything. */
export const draftKey = (document: string) => `draft:${document}`

/** Tasks that replay asks for end with it; a draft is good while the document it answers is still the one to answer. */
export function isTaskOver(
  task: { key: string; digest: string; document: string | null },
  isWanted: boolean,
  one: { loaded: LoadedCase; replay: Replay },
): boolean {
  if (task.key === resendKey) return false
  if (!task.key.startsWith(draftKey(''))) return !isWanted
  const answer = one.loaded.procedure.registerAnswers.find((a) => a.document === task.document)
  return !answer?.states.includes(one.replay.state) || one.replay.view.effective.at(-1)?.digest !== task.digest
}
