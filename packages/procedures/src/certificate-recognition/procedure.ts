import { defineProcedure } from '../engine/define-procedure.ts'
import type { Procedure } from '../engine/procedure.ts'
import { registerAnswers } from './answers.ts'
import { check } from './checks.ts'
import { deadlines } from './deadlines.ts'
import { decision, request, revocation, verification, withdrawal } from './documents.ts'
import { effects } from './effects.ts'
import { examples } from './examples.ts'
import { states } from './states.ts'

/** 职业技能证书与职称互认: the host asks the issuer whether a certificate is real, then decides by rule (procedures.md section 4). */
export const certificateRecognition: Procedure = defineProcedure({
  name: 'certificate-recognition',
  retentionDays: 1825,
  path: 'certificate-recognitions',
  version: 1,
  code: 'CR',
  title: { zh: '职业技能证书与职称互认', en: 'Certificate recognition' },
  roles: {
    owner: { role: 'host', title: { zh: '认可地', en: 'Host' } },
    counterparties: [{ role: 'issuer', title: { zh: '发证地', en: 'Issuer' } }],
  },
  purposes: [{ code: 'certificate-verification', title: { zh: '证书核验与互认', en: 'Verification and recognition of certificates' } }],
  documents: {
    request: {
      title: { zh: '核验请求', en: 'Request' },
      by: 'host',
      starts: true,
      schema: request,
      privacy: 'personal',
      batch: false,
      examples: examples.request,
    },
    verification: {
      title: { zh: '核验结果', en: 'Verification' },
      by: 'issuer',
      answers: ['request'],
      schema: verification,
      privacy: 'personal',
      batch: false,
      examples: examples.verification,
    },
    decision: {
      title: { zh: '互认决定', en: 'Decision' },
      by: 'host',
      answers: ['verification', 'revocation'],
      schema: decision,
      privacy: 'personal',
      batch: false,
      examples: examples.decision,
    },
    revocation: {
      title: { zh: '撤销通知', en: 'Revocation' },
      by: 'issuer',
      answers: ['verification'],
      schema: revocation,
      privacy: 'personal',
      batch: false,
      examples: examples.revocation,
    },
    withdrawal: {
      title: { zh: '撤销申请', en: 'Withdrawal' },
      by: 'host',
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
  registerAnswers,
})
