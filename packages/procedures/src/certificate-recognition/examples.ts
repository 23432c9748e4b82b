import type { Decision, RecognitionRequest, Revocation, Verification } from './documents.ts'
import type { Certificate } from './fields.ts'

const purpose = 'certificate-verification'
/** Documents of the host (Chengdu) and of the issuer (Chongqing) in the examples. */
const host = { from: '510100-0001', purpose, basis: '川渝职业技能等级证书、职称互认合作协议' }
const issuer = { ...host, from: '500000-0001' }

/** Its number names Chongqing (50), 2024 and level 3; the register's example is the same certificate. */
export const exampleCertificate = {
  kind: 'skill-level',
  number: 'S000150000001243000017',
  holder: { name: '周晓岚', idNumber: '500103198812310020' },
  occupation: '电工',
  level: '3',
  issueDate: '2024-06-18',
} as const satisfies Certificate

export const exampleTitle = {
  kind: 'title',
  number: '渝职高字01012021060012',
  holder: { name: '李维', idNumber: '510107199511024567' },
  occupation: '工程系列',
  level: 'associate-senior',
  issueDate: '2021-06-01',
} as const satisfies Certificate

const record = { ...exampleCertificate, issuingBody: '重庆市职业技能鉴定指导中心' }

export const examples = {
  request: [
    {
      title: { zh: '技能等级证书认可', en: 'a skill-level certificate, for recognition' },
      body: { ...host, to: '500000-0001', data: { certificate: exampleCertificate, use: 'recognition' } satisfies RecognitionRequest },
    },
    {
      title: { zh: '同一证书，用于补贴', en: 'the same certificate, for a subsidy' },
      body: { ...host, to: '500000-0001', data: { certificate: exampleCertificate, use: 'subsidy' } satisfies RecognitionRequest },
    },
    {
      title: { zh: '职称，用人单位招用', en: 'a title, before hiring' },
      body: { ...host, to: '500000-0001', data: { certificate: exampleTitle, use: 'hiring' } satisfies RecognitionRequest },
    },
  ],
  verification: [
    { title: { zh: '真实', en: 'authentic' }, body: { ...issuer, data: { outcome: 'authentic', record } satisfies Verification } },
    {
      title: { zh: '真实，未发放补贴', en: 'authentic, no subsidy paid' },
      body: { ...issuer, data: { outcome: 'authentic', record, subsidyPaid: { paid: false } } satisfies Verification },
    },
    { title: { zh: '查无此证', en: 'not found' }, body: { ...issuer, data: { outcome: 'not-found' } satisfies Verification } },
    {
      title: { zh: '不一致', en: 'mismatch' },
      body: { ...issuer, data: { outcome: 'mismatch', fields: ['level'] } satisfies Verification },
    },
    {
      title: { zh: '已撤销', en: 'revoked' },
      body: { ...issuer, data: { outcome: 'revoked', revokedOn: '2025-09-01', reason: '申报材料不实' } satisfies Verification },
    },
  ],
  decision: [
    {
      title: { zh: '认可', en: 'recognised' },
      body: { ...host, data: { outcome: 'recognised', asLevel: '3', rule: 'skill-level', ruleVersion: '2026-01' } satisfies Decision },
    },
    {
      title: { zh: '不予认可', en: 'refused' },
      body: { ...host, data: { outcome: 'refused', reason: '证书已撤销', rule: 'skill-level', ruleVersion: '2026-01' } satisfies Decision },
    },
  ],
  revocation: [
    {
      title: { zh: '证书已撤销', en: 'the certificate was revoked' },
      body: { ...issuer, data: { revokedOn: '2026-10-12', reason: '考核过程违规' } satisfies Revocation },
    },
  ],
  withdrawal: [{ title: { zh: '本人撤回', en: 'the person withdrew' }, body: { ...host, data: { by: 'person' } } }],
}
