import type { CaseView, FoundRecords, RegisterAnswer, Text } from '../engine/procedure.ts'
import { type InsuredPerson, insuredPerson } from '../registers/insured-persons.ts'
import { checkForm } from './checks.ts'
import type { ContactLetter, ReturnDocument } from './documents.ts'
import { currentLetter, relationKey } from './letter.ts'
import { isSplitKnown, writeForm } from './write-form.ts'

/**
 * The outgoing side answers from `insured-persons`: one answer writes the form, the other the return, never both for the same records.
 * Only a form without any finding, about a relation that has ended in order, goes out by itself; a return is always for an officer.
 */
export const registerAnswers: readonly RegisterAnswer[] = [
  { document: 'information-form', role: 'outgoing', states: ['requested', 'verifying', 'disputed'], lookUp, write: answerWithForm },
  { document: 'return', role: 'outgoing', states: ['requested', 'verifying'], lookUp, write: answerWithReturn },
]

function lookUp(view: CaseView) {
  const letter = currentLetter(view)
  if (letter === undefined) return null
  return { relation: { register: 'insured-persons', lookup: { kind: 'person', value: relationKey(letter.person, letter.insuranceType) } } }
}

function answerWithForm(view: CaseView, found: FoundRecords, today: string) {
  const letter = currentLetter(view)
  const [record, ...others] = relations(view, found)
  if (letter === undefined || record === undefined) return null
  // In a dispute the officer compares the register with the objection, whatever the register says; there is no return from there.
  const disputed = view.state === 'disputed'
  if (!disputed && whyReturn(letter, record) !== null) return null
  const data = writeForm(view, letter, record, today)
  const clean = checkForm(view, data).length === 0 && isSplitKnown(record) && letter.accountKind === 'general'
  if (disputed) return { data, automatic: false, note: notes.corrected }
  if (others.length > 0) return { data, automatic: false, note: notes.several }
  return { data, automatic: clean, note: clean ? notes.clean : notes.findings }
}

function answerWithReturn(view: CaseView, found: FoundRecords) {
  const letter = currentLetter(view)
  if (letter === undefined) return null
  const [record] = relations(view, found)
  const reason = record === undefined ? notFound : whyReturn(letter, record)
  return reason && { data: reason.data, automatic: false, note: reason.note }
}

/** The relations found, those of the agency asked first. */
function relations(view: CaseView, found: FoundRecords): InsuredPerson[] {
  const asked = view.latest('contact-letter')?.to
  const records = (found.relation ?? []).flatMap((record) => {
    const parsed = insuredPerson.safeParse(record)
    return parsed.success ? [parsed.data] : []
  })
  const here = records.filter((record) => record.agency === asked)
  return here.length > 0 ? here : records
}

interface ReturnReason {
  readonly data: ReturnDocument
  readonly note: Text
}

function whyReturn(letter: ContactLetter, record: InsuredPerson): ReturnReason | null {
  if (record.person.name !== letter.person.name || record.person.sex !== letter.person.sex) return identityDiffers
  if (record.status === 'in-payment') return inPayment
  if (record.relationStays) return temporaryAccount
  if (record.status === 'contributing' || record.arrears) return notStopped
  return null
}

const notFound: ReturnReason = {
  data: { code: 'R02', explanation: '登记簿中没有该人员该险种的参保记录。No record of this person and insurance type.' },
  note: { zh: '登记簿未查到：登记簿可能不全，请核对后退回', en: 'nothing found: the register may be incomplete, check before returning' },
}
const identityDiffers: ReturnReason = {
  data: { code: 'R01', explanation: '姓名或性别与参保登记不一致。Name or sex does not agree with the record.' },
  note: { zh: '身份信息与登记簿不一致', en: 'the identity does not agree with the register' },
}
const inPayment: ReturnReason = {
  data: { code: 'R03', explanation: '该人员已按规定领取基本养老金。The person already receives the pension.' },
  note: { zh: '登记簿：已领取待遇', en: 'register: in payment' },
}
const temporaryAccount: ReturnReason = {
  data: {
    code: 'R04',
    explanation: '关系保留在原参保地，请在新参保地建立临时缴费账户。The relation stays here: open a temporary account.',
  },
  note: { zh: '登记簿：关系保留在本地', en: 'register: the relation stays here' },
}
const notStopped: ReturnReason = {
  data: { code: 'R09', explanation: '原参保地尚未停保或有欠费。Contributions have not been stopped here, or are in arrears.' },
  note: { zh: '登记簿：未停保或有欠费', en: 'register: not stopped, or in arrears' },
}

const notes = {
  clean: { zh: '由登记簿生成，核对无误', en: 'made from the register, without findings' },
  findings: { zh: '由登记簿生成，请核对提示后发出', en: 'made from the register: look at the findings before sending' },
  several: { zh: '登记簿有多条关系，请选定后发出', en: 'the register holds several relations: choose before sending' },
  corrected: { zh: '由登记簿重新生成，请对照异议核对', en: 'made anew from the register: compare with the objection' },
} satisfies Record<string, Text>
