import type { CaseDocument, CaseView, Effect } from '../engine/procedure.ts'
import type { Completion, ReturnDocument } from './documents.ts'
import type { EndedRelation } from './ended-relation.ts'
import { currentLetter, latestForm, relationKey } from './letter.ts'
import { listMonths } from './months.ts'

/** All local consequences on that side. */
export function effects(view: CaseView, role: string): readonly Effect[] {
  const completion = view.state === 'completed' ? view.latest('completion') : undefined
  const settled = completion === undefined ? [] : settlement(view, completion)
  return role === 'outgoing'
    ? [...claims(view), ...settled, ...(completion === undefined ? [] : relationEnded(view, completion))]
    : [...settled, ...incomingTasks(view)]
}

/**
 * Two kinds of claim keep the outgoing side from handing anything over twice. Both end with a return or a withdrawal.
 *
 * `transfer`, one per case from the letter on, on (person, type, outgoing agency). It outlives completion, because a letter names
 * no period: the only thing that can be said when one arrives is that this relation is being handed over, or has been. The officer
 * decides on the drafted return: a person who has paid again since gets a form for the later months instead.
 *
 * `handed-over`, one per month on the form as it stands. Months are discrete, so two forms overlap exactly when they share a claim;
 * months of excluded periods are not on the form's rows and stay free.
 */
function claims(view: CaseView): Effect[] {
  const started = view.latest('contact-letter')
  const letter = currentLetter(view)
  if (started === undefined || letter === undefined || view.state === 'returned' || view.state === 'withdrawn') return []
  const relation = `${relationKey(letter.person, letter.insuranceType)}|${started.to}`
  return [
    { kind: 'claim', key: 'transfer', digest: started.digest, lookup: { kind: 'transfer', value: relation }, onConflict: returnDuplicate },
    ...handedOver(view, relation),
  ]
}

function handedOver(view: CaseView, relation: string): Effect[] {
  const form = view.latest('information-form')
  const segments = latestForm(view)?.rows.flatMap((row) => row.segments) ?? []
  if (form === undefined) return []
  return [...new Set(segments.flatMap(listMonths))].map((month) => ({
    kind: 'claim',
    key: `handed-over-${month}`,
    digest: form.digest,
    lookup: { kind: 'handed-over-month', value: `${relation}|${month}` },
    onConflict: correctMonths,
  }))
}

const duplicate: ReturnDocument = {
  code: 'R08',
  explanation: '该人员同一险种在本机构已有在途或已办结的转移。A transfer of this relation from this agency is open or has been completed.',
}

const returnDuplicate = {
  key: 'duplicate-transfer',
  title: {
    zh: '同一关系已有在途或已办结的转移：核对后退回（R08）',
    en: 'this relation is being or has been transferred: check, then return (R08)',
  },
  document: 'return',
  data: duplicate,
}

/** Which months are left is for the officer to say: there is no draft. One task, however many months are shared. */
const correctMonths = {
  key: 'months-handed-over',
  title: {
    zh: '信息表含有已转出的月份：请转入地提出异议后出具更正的信息表',
    en: 'the form holds months already handed over: have it objected to, then send a corrected form',
  },
  document: 'information-form',
  data: null,
}

/** Funds never gate completion: this row is what the yearly clearing between the provinces settles later. */
function settlement(view: CaseView, completion: CaseDocument): Effect[] {
  const form = latestForm(view)
  const [outgoing] = view.facts.counterparties
  if (form?.amounts === undefined || outgoing === undefined) return []
  return [
    {
      kind: 'settlement',
      key: 'settlement',
      digest: completion.digest,
      data: {
        insuranceType: form.insuranceType,
        payer: outgoing,
        payee: view.facts.owner,
        poolYuan: form.amounts.poolTransfer,
        personalYuan: form.amounts.individualTransfer,
        totalYuan: form.amounts.totalTransfer,
        completedOn: (completion.data as Completion).completedOn,
      },
    },
  ]
}

/** The relation here ends with the completion there, and not before. */
function relationEnded(view: CaseView, completion: CaseDocument): Effect[] {
  const form = latestForm(view)
  if (form === undefined) return []
  const { completedOn, relationContinuedAs } = completion.data as Completion
  const data: EndedRelation = {
    endedOn: completedOn,
    transferredTo: view.facts.owner,
    caseNumber: view.facts.caseNumber,
    continuedAs: relationContinuedAs.insuranceType,
    handedOver: form.local,
  }
  return [
    {
      kind: 'register',
      key: 'relation-ended',
      digest: completion.digest,
      register: 'insured-persons',
      lookup: { kind: 'person', value: relationKey(form.person, form.insuranceType) },
      data,
    },
  ]
}

function incomingTasks(view: CaseView): Effect[] {
  const request = view.latest('supplement-request')
  const form = view.latest('information-form')
  if (view.state === 'supplementing' && request !== undefined) {
    const title = { zh: '按补正通知补正', en: 'supply what the other side asked for' }
    return [{ kind: 'task', key: 'supplement', digest: request.digest, title, document: 'supplement' }]
  }
  if (view.state === 'informed' && form !== undefined) {
    const title = { zh: '核对信息表，办结或提出异议', en: 'check the form, then complete or object' }
    return [{ kind: 'task', key: 'check-form', digest: form.digest, title, document: 'completion' }]
  }
  return []
}
