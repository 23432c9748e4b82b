import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { alertKinds } from './alerts/alert-kinds.ts'

export type Metrics = ReturnType<typeof createMetrics>

/** One registry per node (several nodes may share a process in tests). Labels never carry personal data. */
export function createMetrics() {
  const registry = new Registry()
  const registers = [registry]
  const metrics = {
    registry,
    messages: new Counter({
      name: 'hefu_messages_total',
      help: 'Messages by direction and outcome',
      labelNames: ['direction', 'peer', 'outcome'] as const,
      registers,
    }),
    deliveries: new Counter({
      name: 'hefu_delivery_requests_total',
      help: 'Requests to peers by outcome',
      labelNames: ['peer', 'outcome'] as const,
      registers,
    }),
    cases: new Counter({ name: 'hefu_cases_applied_total', help: 'Cases replayed', labelNames: ['procedure'] as const, registers }),
    alerts: new Counter({ name: 'hefu_alerts_total', help: 'Alerts raised by kind', labelNames: ['kind'] as const, registers }),
    refusedRequests: new Counter({
      name: 'hefu_refused_requests_total',
      help: 'Refused API requests by code',
      labelNames: ['code'] as const,
      registers,
    }),
    tokenRequests: new Counter({
      name: 'hefu_token_requests_total',
      help: 'Requests for access tokens by outcome',
      labelNames: ['outcome'] as const,
      registers,
    }),
    requestSeconds: new Histogram({
      name: 'hefu_request_seconds',
      help: 'Local API latency',
      labelNames: ['route', 'status'] as const,
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
      registers,
    }),
    queueDepth: new Gauge({ name: 'hefu_queue_depth', help: 'Jobs not finished by queue', labelNames: ['queue'] as const, registers }),
    outboxPending: new Gauge({
      name: 'hefu_outbox_pending',
      help: 'Messages waiting for a receipt by peer',
      labelNames: ['peer'] as const,
      registers,
    }),
    outboxAgeSeconds: new Gauge({
      name: 'hefu_outbox_age_seconds',
      help: 'Age of the oldest message waiting for a receipt by peer',
      labelNames: ['peer'] as const,
      registers,
    }),
    inboxUnapplied: new Gauge({ name: 'hefu_inbox_unapplied', help: 'Accepted messages not yet applied', registers }),
    tlsValidUntil: new Gauge({
      name: 'hefu_tls_valid_until_seconds',
      help: 'When the certificate of a listener ends, in seconds since the epoch',
      labelNames: ['listener'] as const,
      registers,
    }),
    logSize: new Gauge({ name: 'hefu_log_size', help: 'Entries of the exchange log, as last published', registers }),
    logConfirmed: new Gauge({ name: 'hefu_log_confirmed', help: 'Whether the witnesses have confirmed the exchange log', registers }),
    logSealed: new Gauge({ name: 'hefu_log_sealed', help: 'Whether the exchange log is sealed', registers }),
    logPendingSeconds: new Gauge({
      name: 'hefu_log_pending_seconds',
      help: 'Age of the oldest entry waiting for the exchange log',
      registers,
    }),
    logWitnessedSeconds: new Gauge({
      name: 'hefu_log_witnessed_seconds',
      help: 'Age of the newest checkpoint that a quorum has cosigned',
      registers,
    }),
    logPending: new Gauge({ name: 'hefu_log_pending', help: 'Entries waiting for the exchange log', registers }),
  }
  // A counter that does not exist yet hides its first increase.
  for (const kind of alertKinds) metrics.alerts.inc({ kind }, 0)
  return metrics
}
