import type { Generated } from 'kysely'
import type { NullableJson } from './json-column.ts'

// What travels between regions, and how it went.

export interface OutboxTable {
  jti: string
  sequence: Generated<string>
  digest: string
  peer: string
  case_number: string
  state: 'pending' | 'delivered' | 'refused' | 'cancelled'
  attempts: Generated<number>
  deferrals: Generated<number>
  next_attempt_at: Date
  lease: string | null
  lease_until: Date | null
  split: Generated<number>
  bytes: number
  last_failure: string | null
  expires_at: Date
  created_at: Date
  sent_at: Date | null
  answered_at: Date | null
  receipt: string | null
  leaf_index: number | null
  path: string | null
}

export interface DeliveryAttemptTable {
  jti: string
  attempt: number
  at: Date
  cause: string
  http_status: number | null
  batch: number
}

export interface InboxTable {
  jti: string
  iss: string
  digest: string
  first: boolean
  case_number: string | null
  status: 'accepted' | 'refused'
  reason: string | null
  received_at: Date
  receipt: string
  leaf_index: number
  path: string
  applied_at: Date | null
  apply_attempts: Generated<number>
  next_apply_at: Date | null
}

export interface ReceiptTable {
  digest: string
  iss: string
  aud: string
  jti: string
  receipt: string
  received_at: Date
  size: number
  root: string
  stored_at: Date
}

/** A view over inbox and outbox. */
export interface PlaceTable {
  jti: string
  iss: string
  digest: string
  status: 'accepted' | 'refused'
  reason: string | null
  receipt: string
  leaf_index: number
  path: string[]
}

export interface QuarantineTable {
  iss: string
  jti: string
  digest: string
  message: string
  data_key: string
  stored_at: Date
  expires_at: Date
}

export interface PeerTable {
  region: string
  paused: Generated<boolean>
  paused_by: string | null
  paused_at: Date | null
  failures: Generated<number>
  open_until: Date | null
  probed: Generated<string>
  last_success_at: Date | null
  last_failure_at: Date | null
  last_failure: string | null
}

export interface RequestIdTable {
  iss: string
  jti: string
  at: Date
}

export interface ReconciliationTable {
  id: string
  peer: string
  requested_by: string
  state: 'queued' | 'running' | 'done' | 'failed'
  from_day: string
  to_day: string
  created_at: Date
  finished_at: Date | null
  result: NullableJson<unknown>
}
