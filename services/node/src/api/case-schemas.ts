import type { CaseDetail } from '@hefu/exchange'
import { z } from 'zod'
import { type Language, localise } from '../http/language.ts'
import { day, digest, instant, region, text } from './schemas.ts'

const deadline = z
  .object({ rule: z.string(), version: z.int(), holder: z.string(), from: day.nullable(), due: day.nullable(), provisional: z.boolean() })
  .meta({ id: 'Deadline' })

export const nextDocument = z
  .object({
    document: z.string(),
    by: z.string(),
    allowed: z.boolean(),
    reason: z.string().optional(),
    reasonCode: z.string().optional(),
    answers: digest.optional(),
  })
  .meta({ id: 'NextDocument' })

export const caseDocument = z
  .object({
    id: z.string(),
    document: z.string(),
    by: region,
    from: z.string(),
    to: z.string(),
    issuedAt: instant,
    receivedAt: instant.nullable(),
    digest,
    answers: digest.nullable(),
    standing: z.enum(['effective', 'void', 'waiting', 'refused']),
    reason: z.string().nullable(),
    reasonCode: z.string().nullable(),
  })
  .meta({ id: 'CaseDocument' })

const finding = z
  .object({ digest, severity: z.enum(['error', 'warning']), code: z.string(), pointer: z.string(), zh: z.string(), en: z.string() })
  .meta({ id: 'Finding' })

export const contentRequest = z
  .object({
    id: z.string(),
    act: z.enum(['erase', 'recall']),
    by: region,
    to: region,
    document: digest.nullable(),
    reason: z.string(),
    requestedAt: instant,
    outcome: z.enum(['erased', 'held', 'recalled', 'refused']).nullable(),
    outcomeReason: z.string().nullable(),
    at: instant.nullable(),
    heldUntil: instant.nullable(),
    basis: z.string().nullable(),
    answeredAt: instant.nullable(),
  })
  .meta({ id: 'ContentRequest' })

export const caseSchema = z
  .object({
    caseNumber: z.string(),
    procedure: z.string(),
    version: z.int(),
    role: z.string(),
    state: z.string(),
    stateTitle: text,
    final: z.boolean(),
    ballHolder: z.string().nullable(),
    due: day.nullable(),
    effectiveUntil: day.nullable(),
    openedAt: instant,
    updatedAt: instant,
    agency: z.string(),
    participants: z.array(z.object({ region, role: z.string(), agency: z.string() })),
    agreement: z.string(),
    deadlines: z.array(deadline),
    next: z.array(nextDocument),
    blockedAt: instant.nullable(),
    erasedAt: instant.nullable(),
    contentRequests: z.array(contentRequest),
    findings: z.array(finding),
    documents: z.array(caseDocument),
  })
  .meta({ id: 'Case' })

export const submittedSchema = z
  .object({
    caseNumber: z.string(),
    procedure: z.string(),
    version: z.int(),
    document: z.object({ id: z.string(), document: z.string(), by: region, issuedAt: instant, digest }),
  })
  .meta({ id: 'Submitted' })

type Reasoned = { readonly reason?: { readonly code: string; readonly zh: string; readonly en: string } | null | undefined }

/** Reasons as one text in the caller's language, with their stable code. */
export function showDocument<T extends Reasoned>(document: T, language: Language) {
  const { reason, ...rest } = document
  return { ...rest, reason: reason ? localise(reason, language) : null, reasonCode: reason?.code ?? null }
}

export function showNext<T extends Reasoned>(next: T, language: Language) {
  const { reason, ...rest } = next
  return reason ? { ...rest, reason: localise(reason, language), reasonCode: reason.code } : rest
}

export function showCase(detail: CaseDetail, language: Language) {
  return {
    ...detail,
    participants: [...detail.participants],
    deadlines: [...detail.deadlines],
    findings: [...detail.findings],
    contentRequests: [...detail.contentRequests],
    next: detail.next.map((next) => showNext(next, language)),
    documents: detail.documents.map((document) => showDocument(document, language)),
  }
}

export function quoted(etag: string): string {
  return `"${etag}"`
}
