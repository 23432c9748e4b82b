import { describe, expect, test } from 'vitest'
import { findingsOfLast, playCase } from '../../test/played-case.ts'
import type { FoundRecords } from '../engine/procedure.ts'
import { certificates, type RegisteredCertificate } from '../registers/certificates.ts'
import type { RecognitionRequest } from './documents.ts'
import { exampleCertificate, examples, exampleTitle } from './examples.ts'
import { certificateRecognition } from './procedure.ts'

const [valid, revokedTitle, subsidised] = certificates.examples.map((example) => example.data as RegisteredCertificate) as [
  RegisteredCertificate,
  RegisteredCertificate,
  RegisteredCertificate,
]
const revoked = { ...valid, status: 'revoked', revokedOn: '2026-10-12', revocationReason: '考核过程违规' }
const request = (use: RecognitionRequest['use'] = 'recognition', certificate: RecognitionRequest['certificate'] = exampleCertificate) =>
  ['request', { certificate, use } satisfies RecognitionRequest] as const

function answer(document: string, found: FoundRecords, written: readonly (readonly [string, unknown])[]) {
  const definition = certificateRecognition.registerAnswers.find((one) => one.document === document)
  const { replay } = playCase(certificateRecognition, written)
  if (!definition?.states.includes(replay.state) || definition.lookUp(replay.view) === null) return undefined
  const answered = definition.write(replay.view, found, '2026-11-20')
  if (answered !== null) {
    expect(certificateRecognition.documents[document]?.schema.safeParse(answered.data).error).toBeUndefined()
    expect(findingsOfLast(playCase(certificateRecognition, [...written, [document, answered.data]]))).toEqual([])
  }
  return answered
}

describe('verification from the register', () => {
  test('looks for the number, and for a subsidy when that is the use', () => {
    const [definition] = certificateRecognition.registerAnswers
    const wanted = (use: RecognitionRequest['use']) => definition?.lookUp(playCase(certificateRecognition, [request(use)]).replay.view)
    expect(Object.keys(wanted('recognition') ?? {})).toEqual(['certificate'])
    expect(certificates.lookups(valid as never)).toContainEqual(wanted('subsidy')?.certificate?.lookup)
    const paid = { ...valid, subsidy: subsidised.subsidy }
    expect(certificates.lookups(paid as never)).toContainEqual(wanted('subsidy')?.subsidy?.lookup)
  })

  test('the example record makes the example request authentic, by itself', () => {
    expect(answer('verification', { certificate: [valid] }, [request()])).toMatchObject({
      automatic: true,
      data: examples.verification[0]?.body.data,
    })
  })

  test('the record goes out without its status and its subsidy', () => {
    const answered = answer('verification', { certificate: [{ ...valid, subsidy: subsidised.subsidy }] }, [request('hiring')])
    expect(answered).toMatchObject({ automatic: true })
    expect(JSON.stringify(answered?.data)).not.toMatch(/status|subsidy|2000\.00/)
  })

  test('for a subsidy it says by itself that one was paid; that none was is for an officer to say', () => {
    for (const subsidy of [[], [valid], [{ not: 'a record' }]]) {
      expect(answer('verification', { certificate: [valid], subsidy }, [request('subsidy')])).toEqual({
        automatic: false,
        data: examples.verification[1]?.body.data,
        note: { zh: expect.stringContaining('没有补贴记录'), en: expect.stringContaining('no subsidy') },
      })
    }
    expect(answer('verification', { certificate: [valid], subsidy: [subsidised] }, [request('subsidy')])).toMatchObject({
      automatic: true,
      data: { subsidyPaid: { paid: true, paidOn: '2025-03-10', amountYuan: '2000.00' } },
    })
    // Stated on the certificate's own record as well as on another of the same person, occupation and level.
    const own = { ...valid, subsidy: subsidised.subsidy }
    expect(answer('verification', { certificate: [own], subsidy: [own] }, [request('subsidy')])).toMatchObject({ automatic: true })
  })

  test.each<[string, readonly unknown[], unknown]>([
    ['not-found', [], { outcome: 'not-found' }],
    ['not-found', [{ not: 'a record' }], { outcome: 'not-found' }],
    ['mismatch', [{ ...valid, holder: { ...valid.holder, name: '周小岚' } }], { outcome: 'mismatch', fields: ['holder-name'] }],
    [
      'mismatch',
      [{ ...valid, occupation: '焊工', issueDate: '2024-06-19' }],
      { outcome: 'mismatch', fields: ['occupation', 'issue-date'] },
    ],
    ['mismatch', [{ ...revoked, holder: subsidised.holder }], { outcome: 'mismatch', fields: ['holder-name', 'holder-id-number'] }],
    ['revoked', [revoked], { outcome: 'revoked', revokedOn: '2026-10-12', reason: '考核过程违规' }],
  ])('%s is a draft', (_, records, data) => {
    expect(answer('verification', { certificate: records }, [request()])).toEqual({ automatic: false, data, note: expect.anything() })
  })

  test('the revoked example title', () => {
    expect(answer('verification', { certificate: [revokedTitle] }, [request('hiring', exampleTitle)])).toMatchObject({
      automatic: false,
      data: { outcome: 'revoked', revokedOn: '2025-09-01' },
    })
  })
})

describe('revocation from the register', () => {
  const verified = ['verification', examples.verification[0]?.body.data] as const
  const recognised = ['decision', examples.decision[0]?.body.data] as const

  test('drafted once the record of a certificate verified as authentic is revoked', () => {
    const data = { revokedOn: '2026-10-12', reason: '考核过程违规' }
    expect(answer('revocation', { certificate: [revoked] }, [request(), verified])).toMatchObject({ automatic: false, data })
    expect(answer('revocation', { certificate: [revoked] }, [request(), verified, recognised])).toMatchObject({ automatic: false, data })
  })

  test('not otherwise', () => {
    expect(answer('revocation', { certificate: [valid] }, [request(), verified])).toBeNull()
    expect(answer('revocation', { certificate: [] }, [request(), verified])).toBeNull()
    expect(answer('revocation', { certificate: [revoked] }, [request()])).toBeUndefined()
    expect(answer('revocation', { certificate: [revoked] }, [request(), ['verification', { outcome: 'not-found' }]])).toBeUndefined()
  })
})

test('the register examples are valid; a revoked record says when and why, and no other does', () => {
  for (const { data } of certificates.examples) expect(certificates.schema.safeParse(data).error).toBeUndefined()
  expect(certificates.lookups(valid as never)[0]).toEqual({ kind: 'certificate', value: valid.number })
  expect(certificates.schema.safeParse(revoked).success).toBe(true)
  expect(certificates.schema.safeParse({ ...revoked, revokedOn: undefined }).success).toBe(false)
  expect(certificates.schema.safeParse({ ...revoked, status: 'valid' }).success).toBe(false)
})
