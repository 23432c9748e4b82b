import { applyCases, type Context, deliverToPeer, type Handlers, runImport, runReconciliation } from '@hefu/exchange'

/** One function per job; each does no harm when it is called twice. `signal` ends requests to peers when the node stops. */
export function handlers(ctx: Context, signal: AbortSignal): Handlers {
  return {
    deliver: async ({ peer }) => await deliverToPeer(ctx, peer, { signal }),
    apply: async ({ cases }) => await applyCases(ctx, cases),
    import: async (job) => await runImport(ctx, job.import),
    reconcile: async ({ peer, nightly }) => await runReconciliation(ctx, peer, nightly && { nightly }),
  }
}
