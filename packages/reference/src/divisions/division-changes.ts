import type { DateText } from '../calendar-date.ts'

/** When a division began or ceased to exist. `abolished` is the first day on which it is no longer in force. */
export type DivisionChange = { code: string; name: string; established?: DateText; abolished?: DateText }

const date = (text: string) => text as DateText

/**
 * Effective dates on top of the base data, which knows no history. Codes stay valid in ID numbers, credit codes and old cases for ever.
 * 2025-11-06: Chongqing abolished 江北区 and 渝北区 and created 两江新区 as a district; its code belongs here once it is published.
 */
export const divisionChanges: readonly DivisionChange[] = [
  { code: '500105', name: '江北区', abolished: date('2025-11-06') },
  { code: '500112', name: '渝北区', abolished: date('2025-11-06') },
]
