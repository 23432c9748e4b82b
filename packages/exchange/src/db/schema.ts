import type { ColumnType, Generated, Selectable } from 'kysely'
import type { Asked, ClientKey } from '../access/client-store.ts'
import type { Participant } from '../cases/participant.ts'

/**
 * Rows as PostgreSQL returns them: `timestamptz` as Date, `date` as yyyy-mm-dd text, bigint as text, json parsed.
 * A test compares this file with the migrated schema.
 */
type Json<T> = ColumnType<T, string, string>
type NullableJson<T> = ColumnType<T | null, string | null, string | null>

interface CaseTable {
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

interface DocumentTable {
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

interface ContentRequestTable {
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

interface OutboxTable {
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

interface DeliveryAttemptTable {
  jti: string
  attempt: number
  at: Date
  cause: string
  http_status: number | null
  batch: number
}

interface InboxTable {
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

interface ReceiptTable {
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
interface PlaceTable {
  jti: string
  iss: string
  digest: string
  status: 'accepted' | 'refused'
  reason: string | null
  receipt: string
  leaf_index: number
  path: string[]
}

interface QuarantineTable {
  iss: string
  jti: string
  digest: string
  message: string
  data_key: string
  stored_at: Date
  expires_at: Date
}

interface EffectTable {
  case_number: string
  digest: string
  key: string
  kind: string
  register: string | null
  lookup_key: string | null
  data: string
  created_at: Date
}

interface ClaimTable {
  lookup_key: string
  case_number: string
  digest: string
  key: string
}

interface SettlementEntryTable {
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

interface TaskTable {
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

interface ActTable {
  case_number: string
  digest: string
  act: string
  done_at: Date
}

interface EventTable {
  id: string
  xid: Generated<string>
  type: string
  case_number: string
  digest: string | null
  agency: string
  at: Date
}

interface LogPendingTable {
  id: Generated<string>
  at: Date
  kind: string
  entry: string
}

interface LogEntryTable {
  index: string
  epoch: number
  at: Date
  kind: string
  peer: string | null
  procedure: string | null
  case_number: string | null
  jti: string | null
  digest: string | null
  entry: string
}

interface LogHeadTable {
  epoch: number
  origin: string
  size: string
  range: Buffer
  closed_at: Date | null
}

interface LogTileTable {
  epoch: number
  level: number
  index: string
  hashes: Buffer
}

interface LogCheckpointTable {
  epoch: number
  size: string
  at: Date
  note: string
  witnessed: string | null
  witnessed_at: Date | null
}

interface WitnessedHeadTable {
  origin: string
  size: string
  root: Buffer
  checkpoint: string
  at: Date
}

interface LogWitnessTable {
  epoch: number
  witness: string
  size: string | null
  note: string | null
  cosigned_at: Date | null
  answered_at: Date
}

interface LogSealTable {
  epoch: number
  at: Date
  witness: string
  why: 'witness-ahead' | 'other-history'
  evidence: Json<unknown>
}

interface LogSuccessorTable {
  epoch: number
  origin: string
  client: string
  reason: string
  at: Date
  decision: string
}

interface PromiseTable {
  receipt: string
  peer: string
  origin: string
  due_at: Date
  state: 'open' | 'kept' | 'broken'
  next_at: Date
  attempts: number
  checked_at: Date | null
  proven_size: string | null
  missed_log: string | null
  missed_size: string | null
  missed_at: Date | null
}

interface IdempotencyTable {
  client: string
  key: string
  fingerprint: string
  case_number: string | null
  jti: string | null
  result: NullableJson<unknown>
  created_at: Date
}

interface AuditTable {
  id: string
  at: Date
  client: string
  role: string
  agency: string | null
  actor: string | null
  action: string
  case_number: string | null
  subject: string | null
}

interface AlertTable {
  id: string
  at: Date
  kind: string
  key: string
  peer: string | null
  case_number: string | null
  jti: string | null
  detail: Json<Record<string, unknown>>
  acknowledged_at: Date | null
  acknowledged_by: string | null
}

interface PeerTable {
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

interface RequestIdTable {
  iss: string
  jti: string
  at: Date
}

interface RegisterRecordTable {
  register: string
  key: string
  agency: string
  data: string
  data_key: string
  version: number
  created_at: Date
  updated_at: Date
}

interface RegisterLookupTable {
  register: string
  lookup_key: string
  key: string
}

interface ImportTable {
  id: string
  target: string
  client: string
  agency: string
  scopes: string[]
  actor: string | null
  state: 'queued' | 'running' | 'done'
  rows_total: number
  rows_done: Generated<number>
  rows_failed: Generated<number>
  created_at: Date
  finished_at: Date | null
  data_key: string | null
}

interface ImportRowTable {
  import_id: string
  line: number
  state: 'queued' | 'done' | 'failed'
  body: string | null
  attempts: Generated<number>
  result: string | null
  errors: NullableJson<unknown>
}

interface ReconciliationTable {
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

interface RegisterQuestionTable {
  register: string
  lookup_key: string
  case_number: string
}

interface RegistryTable {
  version: number
  digest: string
  token: string
  at: Date
}

interface ManifestTable {
  region: string
  version: number
  digest: string
  token: string
  at: Date
}

interface ClientTable {
  client: string
  role: 'officer' | 'operator' | 'security' | 'auditor'
  agency: string | null
  scopes: string[]
  keys: Json<readonly ClientKey[]>
  state: 'pending' | 'active' | 'revoked'
  version: number
  asked: NullableJson<Asked>
  asked_by: string | null
  asked_at: Date | null
  created_at: Date
  created_by: string
  approved_at: Date | null
  approved_by: string | null
  revoked_at: Date | null
  revoked_by: string | null
}

interface UsedAssertionTable {
  client: string
  jti_digest: string
  expires_at: Date
}

interface VaultKeyTable {
  name: string
  data_key: string
  created_at: Date
}

interface RewrapTable {
  id: string
  requested_by: string
  start_at: Date
  keys_total: number | null
  keys_done: Generated<number>
  created_at: Date
  finished_at: Date | null
}

export interface Database {
  cases: CaseTable
  documents: DocumentTable
  content_requests: ContentRequestTable
  outbox: OutboxTable
  delivery_attempts: DeliveryAttemptTable
  inbox: InboxTable
  receipts: ReceiptTable
  places: PlaceTable
  quarantine: QuarantineTable
  effects: EffectTable
  claims: ClaimTable
  settlement_entries: SettlementEntryTable
  tasks: TaskTable
  acts: ActTable
  events: EventTable
  log_pending: LogPendingTable
  log_entries: LogEntryTable
  log_heads: LogHeadTable
  log_tiles: LogTileTable
  log_checkpoints: LogCheckpointTable
  witnessed_heads: WitnessedHeadTable
  log_witnesses: LogWitnessTable
  log_seals: LogSealTable
  log_successors: LogSuccessorTable
  promises: PromiseTable
  idempotency: IdempotencyTable
  audit: AuditTable
  alerts: AlertTable
  peers: PeerTable
  request_ids: RequestIdTable
  register_records: RegisterRecordTable
  register_lookups: RegisterLookupTable
  register_questions: RegisterQuestionTable
  imports: ImportTable
  import_rows: ImportRowTable
  reconciliations: ReconciliationTable
  vault_keys: VaultKeyTable
  rewraps: RewrapTable
  registries: RegistryTable
  manifests: ManifestTable
  clients: ClientTable
  used_assertions: UsedAssertionTable
}

export type ActRow = Selectable<ActTable>
export type AlertRow = Selectable<AlertTable>
export type AuditRow = Selectable<AuditTable>
export type CaseRow = Selectable<CaseTable>
export type ClaimRow = Selectable<ClaimTable>
export type ClientRow = Selectable<ClientTable>
export type ContentRequestRow = Selectable<ContentRequestTable>
export type DeliveryAttemptRow = Selectable<DeliveryAttemptTable>
export type DocumentRow = Selectable<DocumentTable>
export type EffectRow = Selectable<EffectTable>
export type EventRow = Selectable<EventTable>
export type IdempotencyRow = Selectable<IdempotencyTable>
export type ImportRow = Selectable<ImportTable>
export type ImportRowRow = Selectable<ImportRowTable>
export type InboxRow = Selectable<InboxTable>
export type LogCheckpointRow = Selectable<LogCheckpointTable>
export type LogEntryRow = Selectable<LogEntryTable>
export type LogHeadRow = Selectable<LogHeadTable>
export type LogPendingRow = Selectable<LogPendingTable>
export type LogSealRow = Selectable<LogSealTable>
export type LogSuccessorRow = Selectable<LogSuccessorTable>
export type LogTileRow = Selectable<LogTileTable>
export type LogWitnessRow = Selectable<LogWitnessTable>
export type ManifestRow = Selectable<ManifestTable>
export type OutboxRow = Selectable<OutboxTable>
export type PeerRow = Selectable<PeerTable>
export type PlaceRow = Selectable<PlaceTable>
export type PromiseRow = Selectable<PromiseTable>
export type QuarantineRow = Selectable<QuarantineTable>
export type ReceiptRow = Selectable<ReceiptTable>
export type ReconciliationRow = Selectable<ReconciliationTable>
export type RegisterLookupRow = Selectable<RegisterLookupTable>
export type RegisterQuestionRow = Selectable<RegisterQuestionTable>
export type RegisterRecordRow = Selectable<RegisterRecordTable>
export type RegistryRow = Selectable<RegistryTable>
export type RequestIdRow = Selectable<RequestIdTable>
export type RewrapRow = Selectable<RewrapTable>
export type SettlementEntryRow = Selectable<SettlementEntryTable>
export type TaskRow = Selectable<TaskTable>
export type WitnessedHeadRow = Selectable<WitnessedHeadTable>
