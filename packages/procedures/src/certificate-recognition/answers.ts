import type { CaseView, FoundRecords, RegisterAnswer, Text } from '../engine/procedure.ts'
import { type RegisteredCertificate, registeredCertificate, subsidyKey } from '../registers/certificates.ts'
import { isVerifiedAuthentic, latestRequest } from './checks.ts'
import { differingFields } from './compare-certificate.ts'
import type { RecognitionRequest, Revocation, SubsidyAnswer, Verification } from './documents.ts'
import type { Certificate } from './fields.ts'

/**
 * The issuer answers from `certificates`. Only `authentic` goes out by itself: a register that is not complete must not say
 * "not found" about a real certificate, nor a wrong entry take one away. Neither may it say by silence that no subsidy was paid:
 * the other side would pay it a second time.
 */
export const registerAnswers: readonly RegisterAnswer[] = [
  { document: 'verification', role: 'issuer', states: ['requested'], lookUp, write: answerWithVerification },
  { document: 'revocation', role: 'issuer', states: ['verified', 'recognised'], lookUp: lookUpVerified, write: answerWithRevocation },
]

function lookUp(view: CaseView) {
  const request = latestRequest(view)
  if (request === undefined) return null
  const { certificate, use } = request
  const byNumber = { register: 'certificates', lookup: { kind: 'certificate', value: certificate.number } }
  if (use !== 'subsidy') return { certificate: byNumber }
  return { certificate: byNumber, subsidy: { register: 'certificates', lookup: { kind: 'subsidy', value: subsidyKey(certificate) } } }
}

function lookUpVerified(view: CaseView) {
  return isVerifiedAuthentic(view) ? lookUp(view) : null
}

function answerWithVerification(view: CaseView, found: FoundRecords) {
  const request = latestRequest(view)
  if (request === undefined) return null
  const [record] = parsed(found.certificate)
  const data = verify(request, record, parsed(found.subsidy))
  if (data.outcome === 'authentic' && data.subsidyPaid?.paid === false) return { data, automatic: false, note: noSubsidyFound }
  return { data, automatic: data.outcome === 'authentic', note: notes[data.outcome] }
}

function verify(
  request: RecognitionRequest,
  record: RegisteredCertificate | undefined,
  subsidised: readonly RegisteredCertificate[],
): Verification {
  if (record === undefined) return { outcome: 'not-found' }
  const fields = differingFields(request.certificate, record)
  if (fields.length > 0) return { outcome: 'mismatch', fields }
  if (record.status === 'revoked') return { outcome: 'revoked', revokedOn: record.revokedOn ?? '', reason: record.revocationReason ?? '' }
  const answer = { outcome: 'authentic' as const, record: { ...onCertificate(record), issuingBody: record.issuingBody } }
  return request.use === 'subsidy' ? { ...answer, subsidyPaid: subsidyOf(subsidised) } : answer
}

function subsidyOf(records: readonly RegisteredCertificate[]): SubsidyAnswer {
  const subsidy = records.find((record) => record.subsidy !== undefined)?.subsidy
  return subsidy === undefined ? { paid: false } : { paid: true, ...subsidy }
}

function answerWithRevocation(view: CaseView, found: FoundRecords) {
  const request = latestRequest(view)
  const [record] = parsed(found.certificate)
  if (request === undefined || record?.status !== 'revoked' || record.revokedOn === undefined || record.revocationReason === undefined)
    return null
  const data: Revocation = { revokedOn: record.revokedOn, reason: record.revocationReason }
  return { data, automatic: false, note: notes.revoked }
}

/** The members that stand on the certificate; status and subsidy stay in the register. */
function onCertificate({ status, revokedOn, revocationReason, subsidy, issuingBody, ...certificate }: RegisteredCertificate): Certificate {
  return certificate
}

function parsed(records: readonly unknown[] = []): RegisteredCertificate[] {
  return records.flatMap((record) => {
    const result = registeredCertificate.safeParse(record)
    return result.success ? [result.data] : []
  })
}

const noSubsidyFound: Text = {
  zh: '证书有效；登记簿没有补贴记录，不等于未曾发放，请核实后发出',
  en: 'the certificate is valid; the register holds no subsidy, which does not prove that none was paid: check before sending',
}

const notes = {
  authentic: { zh: '登记簿一致，证书有效', en: 'the register agrees and the certificate is valid' },
  'not-found': { zh: '登记簿未查到：登记簿可能不全，请核对', en: 'nothing found: the register may be incomplete, check before sending' },
  mismatch: { zh: '登记内容与请求不一致，请核对', en: 'the register differs from the request: check before sending' },
  revoked: { zh: '登记簿：证书已撤销，请核对', en: 'register: the certificate was revoked, check before sending' },
} satisfies Record<Verification['outcome'], Text>
