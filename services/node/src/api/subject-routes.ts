import { readSubject, SUBJECT_ACCESS_PURPOSE, SUBJECT_ACCESS_SCOPE } from '@hefu/exchange'
import { type Procedure, personId, type Register } from '@hefu/procedures'
import { z } from 'zod'
import { defineRoute, type Route } from '../http/route.ts'
import { dataOf, recordDataOf } from './document-data.ts'
import { caseNumber, digest, instant, region, uuid } from './schemas.ts'

const fileOf = (document: z.ZodType, record: z.ZodType) =>
  z.object({
    cases: z.array(
      z.object({
        caseNumber,
        procedure: z.string(),
        role: z.string(),
        state: z.string(),
        openedAt: instant,
        documents: z.array(
          z.object({
            id: uuid,
            document: z.string(),
            by: region,
            to: region,
            issuedAt: instant,
            digest,
            purpose: z.string(),
            basis: z.string(),
            data: document,
          }),
        ),
      }),
    ),
    records: z.array(z.object({ register: z.string(), id: z.string(), updatedAt: instant, data: record })),
    dealings: z.array(z.object({ at: instant, caseNumber, client: z.string(), role: z.string(), action: z.string() })),
  })

/** What documents and records say was checked when they were stored. */
const subjectFile = fileOf(z.unknown(), z.unknown())

/** A person asks what is held on him or her. The number travels in the body: addresses are written down in too many places. */
export function subjectRoutes(procedures: readonly Procedure[], registers: readonly Register[]): Route[] {
  const documents = procedures.flatMap((procedure) => Object.keys(procedure.documents).map((name) => dataOf(procedure, name)))
  const documented = fileOf(z.union(documents), z.union(registers.map(recordDataOf))).meta({ id: 'SubjectFile' })
  return [
    defineRoute({
      method: 'POST',
      path: '/v1/subject-access',
      operationId: 'read-subject',
      tag: 'subjects',
      summary: {
        zh: `本机构持有的一个人的全部信息（权限 ${SUBJECT_ACCESS_SCOPE}）`,
        en: `Everything that the agency holds on one person (scope ${SUBJECT_ACCESS_SCOPE})`,
      },
      rule: ['officer'],
      scope: SUBJECT_ACCESS_SCOPE,
      body: z.strictObject({ idNumber: personId }),
      examples: [
        { title: { zh: '查阅本人信息的申请', en: 'A request of the person concerned' }, value: { idNumber: '500103198812310020' } },
      ],
      reads: ({ cases }) => ({ cases: cases.map((one) => one.caseNumber), purpose: SUBJECT_ACCESS_PURPOSE }),
      answer: {
        statuses: [200],
        description: { zh: '全部信息，可作为文件导出', en: 'all of it, as one file' },
        schema: subjectFile,
        documented,
      },
      handle: async (ctx, { caller, body }) => {
        const { cases, records, dealings } = await readSubject(ctx, caller, body.idNumber)
        return {
          body: { cases: cases.map((one) => ({ ...one, documents: [...one.documents] })), records: [...records], dealings: [...dealings] },
          headers: { 'content-disposition': 'attachment; filename="subject-access.json"' },
        }
      },
    }),
  ]
}
