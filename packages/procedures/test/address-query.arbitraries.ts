import { addressQuery } from './address-query/procedure.ts'
import type { HistoryModel } from './history.ts'

export const addressQueryModel: HistoryModel = {
  procedure: addressQuery,
  voidReasons: ['nothing-found'],
  data: (document, _view, rng) => {
    if (document === 'request') return { uscc: '91500112MA5U7B2C22', reason: '送达询问通知书' }
    if (document === 'confirmation') return { usable: rng.chance(0.5) }
    return rng.chance(0.5)
      ? { outcome: 'found', registeredAddress: '重庆市渝中区人民路1号', confirmedOn: '2026-03-02' }
      : { outcome: 'not-found' }
  },
}
