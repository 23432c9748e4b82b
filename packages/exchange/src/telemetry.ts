import type { Context } from './context.ts'

/** One function per business event: one wide log line (ids only) and one counter. */
type Telemetry = Pick<Context, 'log' | 'metrics'>

export function documentSubmitted(
  ctx: Telemetry,
  submitted: { caseNumber: string; procedure: string; document: { id: string; document: string; digest: string } },
  peer: string,
): void {
  ctx.metrics.messages.inc({ direction: 'out', peer, outcome: 'submitted' })
  const { caseNumber, procedure, document } = submitted
  ctx.log.info(
    {
      event: 'document.submitted',
      case: caseNumber,
      procedure,
      document: document.document,
      jti: document.id,
      digest: document.digest,
      peer,
    },
    'document.submitted',
  )
}

export function deliveryAttempted(
  ctx: Telemetry,
  attempt: {
    peer: string
    messages: number
    bytes: number
    ms: number
    outcome: string
    httpStatus?: number | undefined
    counts?: Readonly<Record<string, number>>
  },
): void {
  ctx.metrics.deliveries.inc({ peer: attempt.peer, outcome: attempt.outcome })
  for (const [outcome, count] of Object.entries(attempt.counts ?? {}))
    ctx.metrics.messages.inc({ direction: 'out', peer: attempt.peer, outcome }, count)
  ctx.log[attempt.outcome === 'answered' ? 'info' : 'warn']({ event: 'delivery.attempted', ...attempt }, 'delivery.attempted')
}

export function messagesAccepted(
  ctx: Telemetry,
  accepted: { peer: string; messages: number; counts: Readonly<Record<string, number>>; receipt: string | null; ms: number },
): void {
  for (const [outcome, count] of Object.entries(accepted.counts))
    ctx.metrics.messages.inc({ direction: 'in', peer: accepted.peer, outcome }, count)
  ctx.log.info({ event: 'messages.accepted', ...accepted }, 'messages.accepted')
}

export function casesApplied(ctx: Telemetry, cases: readonly { procedure: string }[], ms: number): void {
  for (const { procedure } of cases) ctx.metrics.cases.inc({ procedure })
  ctx.log.debug({ event: 'cases.applied', cases: cases.length, ms }, 'cases.applied')
}
