import type { z } from 'zod'
import { employer } from '../violation-notice/documents.ts'
import type { Register } from './register.ts'

export type Employer = z.infer<typeof employer>

/** The employer of the notices' examples, registered in Chongqing. */
export const employerExample: Employer = {
  uscc: '91500112MA5U7B2C22',
  name: '重庆渝帆建筑劳务有限公司',
  registeredAddress: '重庆市北碚区水土街道思源路100号',
  divisionCode: '500109',
  legalRepresentative: '陈立新',
}

/** 用人单位: what the region knows of the employers registered with it. The integrity file (守法诚信档案) is the entries shown with a record. */
export const employers: Register = {
  name: 'employers',
  title: { zh: '用人单位登记簿', en: 'Employers' },
  id: 'uscc',
  schema: employer,
  lookups: (data: Employer) => [{ kind: 'uscc', value: data.uscc }],
  examples: [{ title: { zh: '在重庆登记的劳务公司', en: 'A labour contractor registered in Chongqing' }, data: employerExample }],
}
