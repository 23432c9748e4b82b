import type { CaseDocument, Procedure, Reason, Text } from './procedure.ts'

/** Why replay made a document void. Closed; a procedure adds its own by `notNow` and by its transitions. */
export const voidCodes = [
  'unknown-document',
  'not-the-writer',
  'second-start',
  'not-started',
  'undelivered',
  'recalled',
  'case-recalled',
  'overtaken',
  'not-possible',
  'answers-nothing',
  'answers-older',
] as const
export type VoidCode = (typeof voidCodes)[number]

/** Why `nextFor` does not offer a document now. Closed; a procedure adds its own by `notNow`. */
export const notNowCodes = ['other-side', 'already-started', 'not-started', 'case-final', 'not-in-this-state', 'nothing-to-answer'] as const
export type NotNowCode = (typeof notNowCodes)[number]

export const unknownDocument: Reason = {
  code: 'unknown-document',
  zh: '本业务流程没有这种文书',
  en: 'this procedure has no such document',
}

export const notTheWriter: Reason = {
  code: 'not-the-writer',
  zh: '该文书不应由这一方出具',
  en: 'this side may not write this document',
}

export const secondStart: Reason = {
  code: 'second-start',
  zh: '办件已经开始，不能再次发起',
  en: 'the case has already been started by another document',
}

export const notStarted: Reason = {
  code: 'not-started',
  zh: '办件尚未开始',
  en: 'the case has not been started at this point',
}

export const undelivered: Reason = {
  code: 'undelivered',
  zh: '对方拒收了发起文书，办件已终结',
  en: 'the receiver refused the document that starts the case; the case is final',
}

export const recalled: Reason = {
  code: 'recalled',
  zh: '出具方已召回，内容不再查阅',
  en: 'recalled by its author: its content is no longer to be read',
}

export const caseRecalled: Reason = {
  code: 'case-recalled',
  zh: '发起文书已被召回，办件已终结',
  en: 'the document that started the case was recalled; the case is final',
}

export const answersNothing: Reason = {
  code: 'answers-nothing',
  zh: '未指明所答复的文书',
  en: 'does not name the document that it answers',
}

export function overtaken(procedure: Procedure, by: CaseDocument): Reason {
  const title = documentTitle(procedure, by.document)
  return { code: 'overtaken', zh: `已被在先生效的《${title.zh}》取代`, en: `overtaken by: ${title.en}` }
}

export function notPossible(procedure: Procedure, state: string): Reason {
  const title = stateTitle(procedure, state)
  return { code: 'not-possible', zh: `办件处于“${title.zh}”状态时不能出具该文书`, en: `not possible in the state: ${title.en}` }
}

export function answersOlder(procedure: Procedure, latest: CaseDocument | undefined): Reason {
  if (latest === undefined) return { code: 'answers-older', zh: '所答复的文书已不生效', en: 'answers a document that has no effect' }
  const title = documentTitle(procedure, latest.document)
  return {
    code: 'answers-older',
    zh: `所答复的不是最新一份文书（最新：《${title.zh}》）`,
    en: `answers an older document than the latest: ${title.en}`,
  }
}

export const otherSide: Reason = { code: 'other-side', zh: '该文书由另一方出具', en: 'the other side writes this document' }

export const alreadyStarted: Reason = { code: 'already-started', zh: '办件已经开始', en: 'the case has already been started' }

export const caseFinal: Reason = { code: 'case-final', zh: '办件已经终结', en: 'the case is final' }

export function notInThisState(procedure: Procedure, state: string): Reason {
  return { ...notPossible(procedure, state), code: 'not-in-this-state' }
}

export function nothingToAnswer(procedure: Procedure, kinds: readonly string[]): Reason {
  const titles = kinds.map((kind) => documentTitle(procedure, kind))
  return {
    code: 'nothing-to-answer',
    zh: `没有可答复的文书（${titles.map((title) => title.zh).join('、')}）`,
    en: `there is nothing to answer (${titles.map((title) => title.en).join(', ')})`,
  }
}

/** The closed list of protocol.md section 2, as texts. */
const refusals: Readonly<Record<string, Text>> = {
  expired: { zh: '对方收到时已超过投递期限', en: 'it arrived after its delivery horizon' },
  audience: { zh: '收件区域不符', en: 'it was addressed to another region' },
  agreement: { zh: '共享协议不允许', en: 'the agreement does not allow it' },
  schema: { zh: '内容不符合文书格式', en: 'its content does not match the form of the document' },
  'field-not-agreed': { zh: '含有协议未约定的数据项', en: 'it holds a field that was not agreed' },
  'case-participants': { zh: '出具方无权在本办件中出具该文书', en: 'its writer may not write this document in this case' },
  'reused-id': { zh: '报文编号已被另一份报文使用', en: 'its message id was already used for another message' },
}

export function refusalReason(code: string): Reason {
  const text = Object.hasOwn(refusals, code) ? refusals[code] : undefined
  return { code, ...(text ?? { zh: '对方拒收', en: 'the receiver refused it' }) }
}

/** States that belong to the engine: every procedure has them. */
export const engineStates: Readonly<Record<'waiting' | 'undelivered' | 'recalled', Text>> = {
  waiting: { zh: '等待发起文书', en: 'waiting for the first document' },
  undelivered: { zh: '未送达（对方拒收）', en: 'undelivered (refused by the receiver)' },
  recalled: { zh: '已召回', en: 'recalled' },
}

export function stateTitle(procedure: Procedure, state: string): Text {
  if (Object.hasOwn(procedure.states, state)) return procedure.states[state]?.title ?? { zh: state, en: state }
  return Object.hasOwn(engineStates, state) ? engineStates[state as keyof typeof engineStates] : { zh: state, en: state }
}

export function documentTitle(procedure: Procedure, document: string): Text {
  return documentDefinition(procedure, document)?.title ?? { zh: document, en: document }
}

/**
 * The definition of a document kind. The one place where administrative documents, which will be legal inside every procedure, are to be
 * found beside the procedure's own; there are none yet.
 */
export function documentDefinition(procedure: Procedure, document: string) {
  return Object.hasOwn(procedure.documents, document) ? procedure.documents[document] : undefined
}

/** Kind of the document that starts a case. `defineProcedure` has checked that there is exactly one. */
export function startingDocument(procedure: Procedure): string {
  for (const name in procedure.documents) if (procedure.documents[name]?.starts) return name
  throw new Error(`procedure ${procedure.name} has no starting document`)
}
