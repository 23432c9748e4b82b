import { z } from 'zod'
import { exampleCertificate, exampleTitle } from '../certificate-recognition/examples.ts'
import {
  day,
  explanation,
  line,
  qualificationCertificate,
  skillLevelCertificate,
  titleCertificate,
  yuan,
} from '../certificate-recognition/fields.ts'
import { open } from '../personal.ts'
import type { Register } from './register.ts'

const registered = {
  issuingBody: open(line(100)),
  status: z.enum(['valid', 'revoked']),
  /** Both stand on a revoked certificate, and only there. */
  revokedOn: day.optional(),
  revocationReason: explanation.optional(),
  /** The training subsidy paid for this person, occupation and level. */
  subsidy: z.strictObject({ paidOn: day, amountYuan: yuan, paidBy: open(line(100)) }).optional(),
}

/** A certificate that this region issued. */
export const registeredCertificate = z
  .discriminatedUnion('kind', [
    skillLevelCertificate.extend(registered),
    qualificationCertificate.extend(registered),
    titleCertificate.extend(registered),
  ])
  .refine(
    ({ status, revokedOn, revocationReason }) =>
      status === 'revoked'
        ? revokedOn !== undefined && revocationReason !== undefined
        : revokedOn === undefined && revocationReason === undefined,
    {
      error: 'A revoked certificate says when and why, and no other does',
      path: ['status'],
      params: {
        code: 'revocation-incomplete',
        zh: '已撤销的证书须填写撤销日期和原因，有效证书不得填写',
        en: 'A revoked certificate says when and why, and no other does',
      },
    },
  )

export type RegisteredCertificate = z.infer<typeof registeredCertificate>

/** What the double-payment check looks for: one person, occupation and level. */
export function subsidyKey({ holder, occupation, level }: Pick<RegisteredCertificate, 'holder' | 'occupation' | 'level'>): string {
  return `${holder.idNumber}|${occupation}|${level}`
}

export const certificates: Register = {
  name: 'certificates',
  title: { zh: '证书登记簿', en: 'Certificates' },
  id: 'number',
  schema: registeredCertificate,
  lookups: (data: RegisteredCertificate) => [
    { kind: 'certificate', value: data.number },
    ...(data.subsidy === undefined ? [] : [{ kind: 'subsidy', value: subsidyKey(data) }]),
  ],
  examples: [
    {
      title: { zh: '有效的职业技能等级证书（可自动核验）', en: 'a valid skill-level certificate: verified from this' },
      data: { ...exampleCertificate, issuingBody: '重庆市职业技能鉴定指导中心', status: 'valid' },
    },
    {
      title: { zh: '已撤销的职称证书', en: 'a title that was revoked' },
      data: {
        ...exampleTitle,
        issuingBody: '重庆市人力资源和社会保障局',
        status: 'revoked',
        revokedOn: '2025-09-01',
        revocationReason: '申报材料不实',
      },
    },
    {
      title: { zh: '已领取补贴的证书', en: 'a certificate for which a subsidy was paid' },
      data: {
        ...exampleCertificate,
        number: 'S000150000002243000018',
        holder: { name: '陈立', idNumber: '50011220000229001X' },
        issuingBody: '重庆市职业技能鉴定指导中心',
        status: 'valid',
        subsidy: { paidOn: '2025-03-10', amountYuan: '2000.00', paidBy: '重庆市就业服务管理局' },
      },
    },
  ],
}
