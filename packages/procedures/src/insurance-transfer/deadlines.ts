import type { DeadlineRule } from '../engine/procedure.ts'

const letterReceived: DeadlineRule['start'] = { event: 'received', documents: ['contact-letter'] }
const sichuanChongqing = { rule: 'transfer', version: 1, pair: ['51', '50'], scope: 'case', start: letterReceived } as const

/**
 * Between Sichuan and Chongqing the whole transfer has one clock. The first day of the five-day rule is unsure (announced
 * 2025-11-10): a later version of the table corrects it. Elsewhere the national 15 + 15 working days (国办发〔2009〕66号):
 * the outgoing side from the letter, the incoming side from the form.
 */
export const deadlines: readonly DeadlineRule[] = [
  { ...sichuanChongqing, from: '2020-05-01', to: '2021-12-01', workingDays: 15 },
  { ...sichuanChongqing, from: '2021-12-01', to: '2025-11-10', workingDays: 10 },
  { ...sichuanChongqing, from: '2025-11-10', to: null, workingDays: 5 },
  {
    rule: 'information-form',
    version: 1,
    pair: 'any',
    from: null,
    to: null,
    scope: { states: ['requested', 'verifying', 'disputed'] },
    start: letterReceived,
    workingDays: 15,
  },
  {
    rule: 'completion',
    version: 1,
    pair: 'any',
    from: null,
    to: null,
    scope: { states: ['informed'] },
    start: { event: 'received', documents: ['information-form'] },
    workingDays: 15,
  },
]
