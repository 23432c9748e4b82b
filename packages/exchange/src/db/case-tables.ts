import type { Generated } from 'kysely'
import type { Participant } from '../cases/participant.ts'
import type { Json, NullableJson } from './json-column.ts'

// Cases, and what follows from them.

export interface CaseTable {
  case_number: string
  procedure: string
  version: number
  owner: string
  role: string
  agency: string
  participants: Json<readonly Participant[]>
  agreement: string
  deadline_rules: number
  state: string
  final: boolean
  ball_holder: string | null
  due: string | null
  effective_until: string | null
  restricted: string | null
  etag: string
  opened_at: Date
  updated_at: Date
  replay_at: Date | null
  data_key: string | null
  blocked_at: Date | null
  erased_at: Date | null
}

export interface DocumentTable {
  jti: string
  iss: string
  aud: string
  digest: string
  case_number: string
  document: string
  from_agency: string
  to_agency: string
  issued_at: Date
  received_at: Date | null
  recalled_at: Date | null
  seen: string[]
  answers: string | null
  status: 'held' | 'refused' | 'cancelled'
  refusal: string | null
  message: string | null
  standing: string
  standing_reason: NullableJson<{ code: string; zh: string; en: string }>
  stored_at: Date
}

export interface ContentRequestTable {
  jti: string
  iss: string
  aud: string
  act: 'erase' | 'recall'
  case_number: string
  document: string | null
  reason: string
  request: string
  digest: string
  created_at: Date
  attempts: Generated<number>
  next_at: Date | null
  answer: string | null
  answer_digest: string | null
  outcome: 'erased' | 'held' | 'recalled' | 'refused' | null
  outcome_reason: string | null
  at: Date | null
  held_until: Date | null
  basis: string | null
  answered_at: Date | null
}

export interface EffectTable {
  case_number: string
  digest: string
  key: string
  kind: string
  register: string | null
  lookup_key: string | null
  data: string
  created_at: Date
}

export interface ClaimTable {
  lookup_key: string
  case_number: string
  digest: string
  key: string
}

export interface SettlementEntryTable {
  case_number: string
  digest: string
  key: string
  agency: string
  insurance_type: string
  payer: string
  payee: string
  pool_yuan: string
  personal_yuan: string
  total_yuan: string
  completed_on: string
  created_at: Date
}

export interface TaskTable {
  id: string
  case_number: string
  digest: string
  key: string
  agency: string
  title: Json<{ zh: string; en: string }>
  document: string | null
  draft: string | null
  note: NullableJson<{ zh: string; en: string }>
  state: 'open' | 'closed'
  created_at: Date
  closed_at: Date | null
}

export interface ActTable {
  case_number: string
  digest: string
  act: string
  done_at: Date
}

export interface EventTable {
  id: string
  xid: Generated<string>
  type: string
  case_number: string
  digest: string | null
  agency: string
  at: Date
}

export interface IdempotencyTable {
  client: string
  key: string
  fingerprint: string
  case_number: string | null
  jti: string | null
  result: NullableJson<unknown>
  created_at: Date
}
