import { isVerifiedAuthentic, latestRequest } from '../src/certificate-recognition/checks.ts'
import type { Decision, RecognitionRequest, Verification } from '../src/certificate-recognition/documents.ts'
import { exampleCertificate, exampleTitle } from '../src/certificate-recognition/examples.ts'
import type { Certificate } from '../src/certificate-recognition/fields.ts'
import { certificateRecognition } from '../src/certificate-recognition/procedure.ts'
import { rulesFor } from '../src/certificate-recognition/recognition-rules.ts'
import type { CaseView, Finding } from '../src/engine/procedure.ts'
import type { HistoryModel } from './history.ts'
import type { Rng } from './rng.ts'

const qualification: Certificate = {
  kind: 'qualification',
  number: '1550010123400017',
  holder: { name: '陈立', idNumber: '50011220000229001X' },
  occupation: '焊工',
  level: '4',
  issueDate: '2015-09-01',
}

const voidReasons = ['not-authentic', 'reason-needed']

/**
 * Random recognitions. Now and then the host recognises what it may not. Submit would refuse that, so here it only warns: the author is
 * a node that does not ask, and replay has to say the same on both sides.
 */
export const certificateRecognitionModel: HistoryModel = {
  procedure: {
    ...certificateRecognition,
    check: (view, document) => [
      ...certificateRecognition
        .check(view, document)
        .map((found) => (voidReasons.includes(found.code) ? { ...found, severity: 'warning' as const } : found)),
      ...(document.document === 'withdrawal' && isHeldBack(document.data) ? [heldBack] : []),
    ],
  },
  voidReasons,
  data: (document, view, rng) => write[document]?.(view, rng),
}

/** Withdrawing is possible nearly everywhere and ends the case: most authors think better of it, or few histories would get far. */
const heldBack: Finding = { severity: 'error', code: 'held-back', pointer: '', zh: '暂不撤销', en: 'not withdrawn after all' }
const isHeldBack = (data: unknown) => (data as { explanation?: string }).explanation === heldBack.zh

const write: Readonly<Record<string, (view: CaseView, rng: Rng) => unknown>> = {
  request: (_, rng) => request(rng),
  verification: (view, rng) => verification(latestRequest(view) ?? request(rng), rng),
  decision: (view, rng) => decision(view, latestRequest(view) ?? request(rng), rng),
  revocation: () => ({ revokedOn: '2026-02-10', reason: '考核过程违规' }),
  withdrawal: (_, rng) => ({ by: rng.pick(['person', 'employer']), ...(rng.chance(0.9) && { explanation: heldBack.zh }) }),
}

function request(rng: Rng): RecognitionRequest {
  return { certificate: rng.pick([exampleCertificate, exampleTitle, qualification]), use: rng.pick(['recognition', 'subsidy', 'hiring']) }
}

function verification({ certificate, use }: RecognitionRequest, rng: Rng): Verification {
  const outcome = rng.pick(['authentic', 'authentic', 'authentic', 'not-found', 'mismatch', 'revoked'])
  if (outcome === 'not-found') return { outcome }
  if (outcome === 'mismatch') return { outcome, fields: ['level'] }
  if (outcome === 'revoked') return { outcome, revokedOn: '2026-02-10', reason: '申报材料不实' }
  const record = { ...certificate, issuingBody: '重庆市职业技能鉴定指导中心' }
  return { outcome: 'authentic', record, ...(use === 'subsidy' && { subsidyPaid: { paid: false } }) }
}

function decision(view: CaseView, { certificate }: RecognitionRequest, rng: Rng): Decision {
  const byRule = { rule: rng.pick(rulesFor(certificate)).code, ruleVersion: '2026-01' }
  if (rng.chance(isVerifiedAuthentic(view) ? 0.3 : 0.6)) return { outcome: 'refused', reason: '不予认可', ...byRule }
  const recognised: Decision = { outcome: 'recognised', asLevel: certificate.level, ...byRule }
  return view.latest('revocation') !== undefined && rng.chance(0.7) ? { ...recognised, reason: '复核后仍予认可' } : recognised
}
