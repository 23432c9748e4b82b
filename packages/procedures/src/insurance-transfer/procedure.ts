import { defineProcedure } from '../engine/define-procedure.ts'
import type { Procedure } from '../engine/procedure.ts'
import { registerAnswers } from './answers.ts'
import { check } from './checks.ts'
import { deadlines } from './deadlines.ts'
import {
  completion,
  contactLetter,
  informationForm,
  objection,
  returnDocument,
  supplement,
  supplementRequest,
  withdrawal,
} from './documents.ts'
import { effects } from './effects.ts'
import { endedRelation } from './ended-relation.ts'
import { examples } from './examples.ts'
import { states } from './states.ts'

/** 社会保险关系转移接续: the new place asks, the old place hands over the record (国办发〔2009〕66号; procedures.md section 3). */
export const insuranceTransfer: Procedure = defineProcedure({
  name: 'insurance-transfer',
  retentionDays: 3650,
  path: 'insurance-transfers',
  version: 1,
  code: 'IT',
  title: { zh: '社会保险关系转移接续', en: 'Social-insurance transfer' },
  roles: {
    owner: { role: 'incoming', title: { zh: '转入地', en: 'Incoming side' } },
    counterparties: [{ role: 'outgoing', title: { zh: '转出地', en: 'Outgoing side' } }],
  },
  purposes: [{ code: 'relation-transfer', title: { zh: '社会保险关系转移接续', en: 'Transfer of a social-insurance relation' } }],
  documents: {
    'contact-letter': {
      title: { zh: '联系函', en: 'Contact letter' },
      by: 'incoming',
      starts: true,
      schema: contactLetter,
      privacy: 'personal',
      batch: false,
      examples: examples['contact-letter'],
    },
    'supplement-request': {
      title: { zh: '补正通知', en: 'Supplement request' },
      by: 'outgoing',
      answers: ['contact-letter', 'supplement'],
      schema: supplementRequest,
      privacy: 'personal',
      batch: false,
      examples: examples['supplement-request'],
    },
    supplement: {
      title: { zh: '补正', en: 'Supplement' },
      by: 'incoming',
      answers: ['supplement-request'],
      schema: supplement,
      privacy: 'personal',
      batch: false,
      examples: examples.supplement,
    },
    return: {
      title: { zh: '退回', en: 'Return' },
      by: 'outgoing',
      answers: ['contact-letter', 'supplement'],
      schema: returnDocument,
      privacy: 'personal',
      batch: false,
      examples: examples.return,
    },
    'information-form': {
      title: { zh: '信息表', en: 'Information form' },
      by: 'outgoing',
      answers: ['contact-letter', 'supplement', 'objection'],
      schema: informationForm,
      // A person's financial account (PIPL 28).
      privacy: 'sensitive',
      batch: false,
      examples: examples['information-form'],
    },
    objection: {
      title: { zh: '异议', en: 'Objection' },
      by: 'incoming',
      answers: ['information-form'],
      schema: objection,
      privacy: 'sensitive',
      batch: false,
      examples: examples.objection,
    },
    completion: {
      title: { zh: '办结', en: 'Completion' },
      by: 'incoming',
      answers: ['information-form'],
      schema: completion,
      privacy: 'personal',
      batch: false,
      examples: examples.completion,
    },
    withdrawal: {
      title: { zh: '撤销', en: 'Withdrawal' },
      by: 'incoming',
      schema: withdrawal,
      privacy: 'personal',
      batch: false,
      examples: examples.withdrawal,
    },
  },
  initial: 'requested',
  states,
  deadlines,
  check,
  effects,
  entries: { 'insured-persons': endedRelation },
  registerAnswers,
})
