import type { CaseView } from '../engine/procedure.ts'
import type { ContactLetter, InformationForm, Supplement } from './documents.ts'

/** The letter as it stands: the latest supplement that carried a corrected letter, else the contact letter itself. */
export function currentLetter(view: CaseView): ContactLetter | undefined {
  for (let at = view.effective.length - 1; at >= 0; at--) {
    const { document, data } = view.effective[at] ?? {}
    const corrected = document === 'supplement' ? (data as Supplement).letter : undefined
    if (corrected !== undefined) return corrected
  }
  return view.latest('contact-letter')?.data as ContactLetter | undefined
}

export function latestForm(view: CaseView): InformationForm | undefined {
  return view.latest('information-form')?.data as InformationForm | undefined
}

/** Whether both sides lie in one province by their division codes; then records move and money does not. */
export function isSameProvince(view: CaseView): boolean {
  const [outgoing] = view.facts.counterparties
  return outgoing !== undefined && outgoing.slice(0, 2) === view.facts.owner.slice(0, 2)
}

/** What an insured person's relation of one insurance is found by, in look-ups and claims. */
export function relationKey(person: { readonly idNumber: string }, insuranceType: string): string {
  return `${person.idNumber}|${insuranceType}`
}
