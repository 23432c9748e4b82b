import { describe, expect, test } from 'vitest'
import { findingsOfLast, playCase } from '../../test/played-case.ts'
import type { Decision, RecognitionRequest, Verification } from './documents.ts'
import { exampleCertificate, examples, exampleTitle } from './examples.ts'
import type { Certificate } from './fields.ts'
import { certificateRecognition } from './procedure.ts'
import { rulesFor } from './recognition-rules.ts'

const asking = (certificate: Certificate, use: RecognitionRequest['use'] = 'recognition'): RecognitionRequest => ({ certificate, use })
const record = { ...exampleCertificate, issuingBody: '重庆市职业技能鉴定指导中心' }
const authentic: Verification = { outcome: 'authentic', record }
const recognised: Decision = { outcome: 'recognised', asLevel: '3', rule: 'skill-level', ruleVersion: '2026-01' }
const revoked = examples.revocation[0]?.body.data
const qualification: Certificate = {
  ...exampleCertificate,
  kind: 'qualification',
  number: '1550010123400017',
  level: '4',
  issueDate: '2015-09-01',
}

describe('request', () => {
  const found = (certificate: Certificate) => findingsOfLast(playCase(certificateRecognition, [['request', asking(certificate)]]))

  test.each([exampleCertificate, exampleTitle, qualification])('$kind without finding', (certificate) => {
    expect(found(certificate)).toEqual([])
  })

  test('the level is the one in the number; a title has none there', () => {
    expect(found({ ...exampleCertificate, level: '2' })).toEqual(['level-differs-from-number /certificate/level'])
    expect(found({ ...exampleTitle, level: 'assistant' })).toEqual([])
  })

  test('the letter of a special grade is its level', () => {
    const special: Certificate = { ...exampleCertificate, number: 'S00015000000124T000017', level: 'T' }
    expect(found(special)).toEqual([])
    expect(found({ ...special, level: 'S' })).toEqual(['level-differs-from-number /certificate/level'])
  })

  test('the province in the number is that of the issuer asked', () => {
    expect(found({ ...exampleCertificate, number: 'S000151000001243000017' })).toEqual(['province-differs-from-number /certificate/number'])
    expect(found({ ...qualification, number: '1551010123400017' })).toEqual(['province-differs-from-number /certificate/number'])
  })

  test('the year in the number does not lie after the issue date', () => {
    expect(found({ ...exampleCertificate, issueDate: '2023-12-31' })).toEqual(['year-after-issue /certificate/issueDate'])
    expect(found({ ...exampleCertificate, issueDate: '2025-01-02' })).toEqual([])
    expect(found({ ...qualification, number: '9850010123400017' })).toEqual([])
  })

  test('it was issued before it is shown', () => {
    expect(found({ ...exampleCertificate, issueDate: '2026-11-21' })).toEqual(['issued-later /certificate/issueDate'])
  })

  test.each([
    ['a number of another kind', { ...exampleCertificate, number: qualification.number }],
    ['a level of another kind', { ...exampleCertificate, level: 'assistant' }],
    ['a wrong identity number', { ...exampleCertificate, holder: { name: '周晓岚', idNumber: '500103198812310021' } }],
  ])('the schema refuses %s', (_, certificate) => {
    expect(certificateRecognition.documents.request?.schema.safeParse({ certificate, use: 'hiring' }).success).toBe(false)
  })
})

describe('verification', () => {
  const found = (verification: Verification, use: RecognitionRequest['use'] = 'recognition') =>
    findingsOfLast(
      playCase(certificateRecognition, [
        ['request', asking(exampleCertificate, use)],
        ['verification', verification],
      ]),
    )

  test('authentic gives the record that was asked about', () => {
    expect(found(authentic)).toEqual([])
    expect(found({ outcome: 'authentic', record: { ...record, occupation: '焊工' } })).toEqual(['record-differs /record'])
    expect(found({ outcome: 'authentic', record: { ...record, number: 'S000150000001243000018' } })).toEqual(['record-differs /record'])
  })

  test('the subsidy is told when it was asked about, and only then', () => {
    const told: Verification = { outcome: 'authentic', record, subsidyPaid: { paid: false } }
    expect(found(told, 'subsidy')).toEqual([])
    expect(found(authentic, 'subsidy')).toEqual(['subsidy-missing /subsidyPaid'])
    expect(found(told, 'hiring')).toEqual(['subsidy-not-asked /subsidyPaid'])
  })

  test('mismatching fields are named once', () => {
    expect(found({ outcome: 'mismatch', fields: ['level', 'occupation'] })).toEqual([])
    expect(found({ outcome: 'mismatch', fields: ['level', 'level'] })).toEqual(['fields-repeated /fields'])
  })

  test('a revocation lies between issue and answer', () => {
    const on = (revokedOn: string): Verification => ({ outcome: 'revoked', revokedOn, reason: '申报材料不实' })
    expect(found(on('2024-06-18'))).toEqual([])
    expect(found(on('2024-06-17'))).toEqual(['revoked-before-issue /revokedOn'])
    expect(found(on('2026-11-21'))).toEqual(['revoked-later /revokedOn'])
    expect(found({ outcome: 'not-found' })).toEqual([])
  })
})

describe('decision', () => {
  const start = [['request', asking(exampleCertificate)]] as const
  const decided = (decision: Decision, ...before: (readonly [string, unknown])[]) =>
    findingsOfLast(playCase(certificateRecognition, [...start, ...before, ['decision', decision]]))
  const verified = ['verification', authentic] as const
  const withdrawn = ['revocation', revoked] as const

  test('recognised needs an authentic latest verification', () => {
    expect(decided(recognised, verified)).toEqual([])
    expect(decided(recognised, ['verification', { outcome: 'not-found' }])).toEqual(['not-authentic /outcome'])
    expect(decided(recognised, verified, ['verification', { outcome: 'mismatch', fields: ['level'] }])).toEqual(['not-authentic /outcome'])
    expect(decided(recognised, ['verification', { outcome: 'not-found' }], verified)).toEqual([])
  })

  test('after a revocation it also needs a reason', () => {
    expect(decided(recognised, verified, withdrawn)).toEqual(['reason-needed /reason'])
    expect(decided(recognised, verified, withdrawn, verified)).toEqual(['reason-needed /reason'])
    expect(decided({ ...recognised, reason: '撤销有误' }, verified, withdrawn)).toEqual([])
  })

  test('refusing needs neither', () => {
    const refused: Decision = { outcome: 'refused', reason: '无法核实', rule: 'skill-level', ruleVersion: '2026-01' }
    expect(decided(refused, ['verification', { outcome: 'not-found' }])).toEqual([])
    expect(decided(refused, verified, withdrawn)).toEqual([])
  })

  test('the rule is one for this certificate', () => {
    expect(decided({ ...recognised, rule: 'title-senior' }, verified)).toEqual(['rule-does-not-apply /rule'])
    const rules = (certificate: Certificate) => rulesFor(certificate).map((rule) => rule.code)
    expect(rules(exampleCertificate)).toEqual(['skill-level'])
    expect(rules(exampleTitle)).toEqual(['title-senior'])
    expect(rules({ ...exampleTitle, level: 'intermediate' })).toEqual(['title-agreement'])
    expect(rules(qualification)).toEqual(['title-correspondence', 'qualification'])
  })
})

describe('revocation', () => {
  const found = (verification: Verification, revocation: unknown = revoked) =>
    findingsOfLast(
      playCase(certificateRecognition, [
        ['request', asking(exampleCertificate)],
        ['verification', verification],
        ['revocation', revocation],
      ]),
    )

  test('only what was verified as authentic can be revoked, between issue and notice', () => {
    expect(found(authentic)).toEqual([])
    expect(found({ outcome: 'not-found' })).toEqual(['never-authentic '])
    expect(found(authentic, { revokedOn: '2024-01-01', reason: '考核过程违规' })).toEqual(['revoked-before-issue /revokedOn'])
    expect(found(authentic, { revokedOn: '2026-12-01', reason: '考核过程违规' })).toEqual(['revoked-later /revokedOn'])
  })
})
