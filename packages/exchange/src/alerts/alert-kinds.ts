/** What an operator is alerted to; docs/operating.md says what each means and what to do. */
export const alertKinds = [
  'case.fork',
  'message.reused-id',
  'message.deferred',
  'message.refused',
  'receipt.unverifiable',
  'receipt.clock',
  'receipt.lost',
  'delivery.expired',
  'delivery.too-large',
  'apply.failed',
  'reconcile.differs',
  'log.sealed',
  'log.damaged',
  'log.promise-broken',
  'witness.forgot',
  'witness.contradiction',
] as const
