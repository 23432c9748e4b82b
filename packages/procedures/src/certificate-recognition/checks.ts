import { certificateNumberParts, parseCertificateNumber, shanghaiDate } from '@hefu/reference'
import type { CaseDocument, CaseView, Finding } from '../engine/procedure.ts'
import { differingFields } from './compare-certificate.ts'
import type { Decision, RecognitionRequest, Revocation, Verification } from './documents.ts'
import type { Certificate } from './fields.ts'
import { type FindingCode, finding } from './findings.ts'
import { ruleApplies } from './recognition-rules.ts'

/** Findings about one document where it stands; `view` is the case before it. */
export function check(view: CaseView, document: CaseDocument): readonly Finding[] {
  const issuedOn = shanghaiDate(document.issuedAt * 1000)
  switch (document.document) {
    case 'request':
      return checkCertificate(view, (document.data as RecognitionRequest).certificate, issuedOn)
    case 'verification':
      return checkVerification(view, document.data as Verification, issuedOn)
    case 'decision':
      return checkDecision(view, document.data as Decision)
    case 'revocation':
      return checkRevocation(view, document.data as Revocation, issuedOn)
    default:
      return []
  }
}

export function latestRequest(view: CaseView): RecognitionRequest | undefined {
  return view.latest('request')?.data as RecognitionRequest | undefined
}

export function isVerifiedAuthentic(view: CaseView): boolean {
  return (view.latest('verification')?.data as Verification | undefined)?.outcome === 'authentic'
}

/**
 * Why a decision cannot stand here, or null. Both submit and replay ask this: on every node the same decision has the same effect.
 * A revocation always asks for a reason, even when a later verification is authentic again.
 */
export function whyNoRecognition(view: CaseView, decision: Decision): FindingCode | null {
  if (decision.outcome !== 'recognised') return null
  if (!isVerifiedAuthentic(view)) return 'not-authentic'
  return view.latest('revocation') !== undefined && decision.reason === undefined ? 'reason-needed' : null
}

/** A number that the schema accepted tells province, year and level; a title's tells nothing. */
function checkCertificate(view: CaseView, certificate: Certificate, issuedOn: string): Finding[] {
  const found: Finding[] = certificate.issueDate > issuedOn ? [finding('issued-later', '/certificate/issueDate')] : []
  const number = parseCertificateNumber(certificate.kind, certificate.number)
  if (!number.ok) return found
  const { level, province, year } = certificateNumberParts(certificate.kind, number.value)
  const [issuer] = view.facts.counterparties
  if (level !== null && level !== certificate.level) found.push(finding('level-differs-from-number', '/certificate/level'))
  if (province !== null && issuer?.slice(0, 2) !== province) found.push(finding('province-differs-from-number', '/certificate/number'))
  if (year !== null && year > Number(certificate.issueDate.slice(0, 4))) found.push(finding('year-after-issue', '/certificate/issueDate'))
  return found
}

function checkVerification(view: CaseView, verification: Verification, issuedOn: string): Finding[] {
  const request = latestRequest(view)
  if (request === undefined) return []
  switch (verification.outcome) {
    case 'authentic':
      return [...checkRecord(request, verification.record), ...checkSubsidy(request, verification)]
    case 'mismatch':
      return new Set(verification.fields).size === verification.fields.length ? [] : [finding('fields-repeated', '/fields')]
    case 'revoked':
      return checkRevokedOn(request, verification.revokedOn, issuedOn)
    case 'not-found':
      return []
    default:
      return verification satisfies never
  }
}

function checkRecord({ certificate }: RecognitionRequest, record: Certificate): Finding[] {
  const same = record.number === certificate.number && differingFields(certificate, record).length === 0
  return same ? [] : [finding('record-differs', '/record')]
}

/** What was not asked is not disclosed. */
function checkSubsidy({ use }: RecognitionRequest, { subsidyPaid }: Extract<Verification, { outcome: 'authentic' }>): Finding[] {
  if (use === 'subsidy') return subsidyPaid === undefined ? [finding('subsidy-missing', '/subsidyPaid')] : []
  return subsidyPaid === undefined ? [] : [finding('subsidy-not-asked', '/subsidyPaid')]
}

function checkDecision(view: CaseView, decision: Decision): Finding[] {
  const request = latestRequest(view)
  const why = whyNoRecognition(view, decision)
  const found = why === null ? [] : [finding(why, why === 'reason-needed' ? '/reason' : '/outcome')]
  const applies = request === undefined || ruleApplies(decision.rule, request.certificate)
  return applies ? found : [...found, finding('rule-does-not-apply', '/rule')]
}

function checkRevocation(view: CaseView, { revokedOn }: Revocation, issuedOn: string): Finding[] {
  const request = latestRequest(view)
  const everAuthentic = view.effective.some(
    ({ document, data }) => document === 'verification' && (data as Verification).outcome === 'authentic',
  )
  return [
    ...(everAuthentic ? [] : [finding('never-authentic', '')]),
    ...(request === undefined ? [] : checkRevokedOn(request, revokedOn, issuedOn)),
  ]
}

function checkRevokedOn({ certificate }: RecognitionRequest, revokedOn: string, issuedOn: string): Finding[] {
  if (revokedOn < certificate.issueDate) return [finding('revoked-before-issue', '/revokedOn')]
  return revokedOn > issuedOn ? [finding('revoked-later', '/revokedOn')] : []
}
