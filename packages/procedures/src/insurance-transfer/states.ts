import type { StateDefinition, Transition } from '../engine/procedure.ts'
import { nextVersion } from './checks.ts'
import type { InformationForm } from './documents.ts'
import { findingText } from './findings.ts'

/** A corrected form must be the next version: an older text, sent again, does not settle the dispute. */
const correctedForm: Transition = (view, document) =>
  (document.data as InformationForm).version === nextVersion(view)
    ? { state: 'informed' }
    : { void: { code: 'form-version', ...findingText('form-version') } }

export const states: Readonly<Record<string, StateDefinition>> = {
  requested: {
    title: { zh: '已发联系函', en: 'requested' },
    ball: 'outgoing',
    on: { 'supplement-request': 'supplementing', 'information-form': 'informed', return: 'returned', withdrawal: 'withdrawn' },
  },
  supplementing: {
    title: { zh: '待补正', en: 'to be supplemented' },
    ball: 'incoming',
    on: { supplement: 'verifying', return: 'returned', withdrawal: 'withdrawn' },
  },
  verifying: {
    title: { zh: '补正后核对', en: 'verifying the supplement' },
    ball: 'outgoing',
    on: { 'supplement-request': 'supplementing', 'information-form': 'informed', return: 'returned', withdrawal: 'withdrawn' },
  },
  informed: {
    title: { zh: '已发信息表', en: 'information form sent' },
    ball: 'incoming',
    on: { objection: 'disputed', completion: 'completed', withdrawal: 'withdrawn' },
  },
  disputed: {
    title: { zh: '信息表有异议', en: 'form disputed' },
    ball: 'outgoing',
    on: { 'information-form': correctedForm, withdrawal: 'withdrawn' },
  },
  completed: { title: { zh: '已办结', en: 'completed' }, final: true, ball: null, on: {} },
  returned: { title: { zh: '已退回', en: 'returned' }, final: true, ball: null, on: {} },
  withdrawn: { title: { zh: '已撤销', en: 'withdrawn' }, final: true, ball: null, on: {} },
}
