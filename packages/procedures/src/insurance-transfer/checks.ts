import {
  birthDateOf,
  type DateText,
  divisionStatus,
  divisionsOf,
  insuranceTypeByCode,
  isProvincePrefix,
  parsePersonId,
  sexOf,
  shanghaiDate,
} from '@hefu/reference'
import type { CaseDocument, CaseView, Finding } from '../engine/procedure.ts'
import { checkMoney } from './check-money.ts'
import { checkPeriods } from './check-periods.ts'
import type { Completion, ContactLetter, InformationForm, Supplement } from './documents.ts'
import { finding } from './findings.ts'
import { currentLetter, isSameProvince, latestForm } from './letter.ts'

/** Findings about one document where it stands; `view` is the case before it. */
export function check(view: CaseView, document: CaseDocument): readonly Finding[] {
  const issuedOn = shanghaiDate(document.issuedAt * 1000)
  switch (document.document) {
    case 'contact-letter':
      return checkLetter(document.data as ContactLetter, issuedOn, '')
    case 'supplement': {
      const { letter } = document.data as Supplement
      return letter === undefined ? [] : checkLetter(letter, issuedOn, '/letter')
    }
    case 'information-form':
      return checkForm(view, document.data as InformationForm)
    case 'completion':
      return (document.data as Completion).completedOn > issuedOn ? [finding('completed-later', '/completedOn')] : []
    default:
      return []
  }
}

/** A letter's own findings. Division codes are judged on the day of issue: those inside identity numbers stay valid for ever. */
function checkLetter(letter: ContactLetter, issuedOn: DateText, at: string): Finding[] {
  return [
    ...checkType(letter.insuranceType, `${at}/insuranceType`),
    ...checkSex(letter.person, `${at}/person/sex`),
    ...checkDivision(letter.incomingAgency.divisionCode, issuedOn, `${at}/incomingAgency/divisionCode`),
    ...checkDivision(letter.outgoingAgency.divisionCode, issuedOn, `${at}/outgoingAgency/divisionCode`),
  ]
}

/** The form against itself and against the letter. `view` is the case before the form. */
export function checkForm(view: CaseView, form: InformationForm): Finding[] {
  const letter = currentLetter(view)
  return [
    ...(form.version === nextVersion(view) ? [] : [finding('form-version', '/version')]),
    ...(letter === undefined ? [] : checkAgainstLetter(form, letter)),
    ...checkSex(form.person, '/person/sex'),
    ...checkBirthDate(form),
    ...checkPeriods(form),
    ...checkMoney(form, isSameProvince(view)),
  ]
}

export function nextVersion(view: CaseView): number {
  return (latestForm(view)?.version ?? 0) + 1
}

function checkAgainstLetter(form: InformationForm, letter: ContactLetter): Finding[] {
  const members = ['name', 'idNumber', 'sex', 'householdPlace'] as const
  const differing = members.filter((member) => form.person[member] !== letter.person[member])
  const found = differing.map((member) => finding('person-differs', `/person/${member}`))
  return form.insuranceType === letter.insuranceType ? found : [...found, finding('insurance-type-differs', '/insuranceType')]
}

function checkType(insuranceType: ContactLetter['insuranceType'], pointer: string): Finding[] {
  if (insuranceTypeByCode[insuranceType].transferable) return []
  const joinsAnew = insuranceType === '410' || insuranceType === '510'
  return [finding(joinsAnew ? 'type-not-transferable' : 'type-of-medical-bureau', pointer)]
}

function checkSex(person: { readonly idNumber: string; readonly sex: string }, pointer: string): Finding[] {
  const parsed = parsePersonId(person.idNumber)
  const sex = parsed.ok ? sexOf(parsed.value) : null
  return sex === null || sex === person.sex ? [] : [finding('sex-differs-from-id', pointer)]
}

function checkBirthDate({ person }: InformationForm): Finding[] {
  const parsed = parsePersonId(person.idNumber)
  const birthDate = parsed.ok ? birthDateOf(parsed.value) : null
  return birthDate === null || birthDate === person.birthDate ? [] : [finding('birth-date-differs-from-id', '/person/birthDate')]
}

function checkDivision(code: string, on: DateText, pointer: string): Finding[] {
  const status = divisionStatus(code, on)
  if (status === 'in-force') return []
  if (status === 'unknown') return isListed(code) ? [finding('division-unknown', pointer)] : []
  return [finding('division-abolished', pointer)]
}

/** Whether the divisions of the code's province are known at all: outside Sichuan and Chongqing a code cannot be judged by more than its province. */
function isListed(code: string): boolean {
  return !isProvincePrefix(code.slice(0, 2)) || divisionsOf(`${code.slice(0, 2)}0000`).length > 0
}
