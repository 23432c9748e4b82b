import type { CaseView, StateDefinition, Transition } from '../engine/procedure.ts'
import { latestRequest, whyNoRecognition } from './checks.ts'
import type { Decision } from './documents.ts'
import { voidReason } from './findings.ts'

const decide: Transition = (view, document) => {
  const decision = document.data as Decision
  const why = whyNoRecognition(view, decision)
  return why === null ? { state: decision.outcome } : { void: voidReason(why) }
}

/** Somebody who only wanted to know before hiring has the answer: no decision is awaited. */
const decidesUnlessHiring = (view: CaseView) => (latestRequest(view)?.use === 'hiring' ? null : 'host')

export const states: Readonly<Record<string, StateDefinition>> = {
  requested: {
    title: { zh: '已请求核验', en: 'requested' },
    ball: 'issuer',
    on: { verification: 'verified', withdrawal: 'withdrawn' },
  },
  verified: {
    title: { zh: '已核验', en: 'verified' },
    ball: decidesUnlessHiring,
    on: { verification: 'verified', decision: decide, revocation: 'under-review', withdrawal: 'withdrawn' },
  },
  recognised: {
    title: { zh: '已认可', en: 'recognised' },
    ball: null,
    on: { verification: 'under-review', revocation: 'under-review' },
  },
  'under-review': {
    title: { zh: '复核中', en: 'under review' },
    ball: 'host',
    on: { verification: 'under-review', decision: decide, revocation: 'under-review' },
  },
  refused: {
    title: { zh: '不予认可', en: 'refused' },
    ball: null,
    on: { verification: 'under-review', revocation: 'refused' },
  },
  withdrawn: { title: { zh: '已撤销', en: 'withdrawn' }, final: true, ball: null, on: {} },
}
