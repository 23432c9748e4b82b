import type { Selectable } from 'kysely'
import type {
  ActTable,
  CaseTable,
  ClaimTable,
  ContentRequestTable,
  DocumentTable,
  EffectTable,
  EventTable,
  IdempotencyTable,
  SettlementEntryTable,
  TaskTable,
} from './case-tables.ts'
import type {
  DeliveryAttemptTable,
  InboxTable,
  OutboxTable,
  PeerTable,
  PlaceTable,
  QuarantineTable,
  ReceiptTable,
  ReconciliationTable,
  RequestIdTable,
} from './exchange-tables.ts'
import type {
  LogCheckpointTable,
  LogEntryTable,
  LogHeadTable,
  LogPendingTable,
  LogSealTable,
  LogSuccessorTable,
  LogTileTable,
  LogWitnessTable,
  PromiseTable,
  WitnessedHeadTable,
} from './log-tables.ts'
import type {
  AlertTable,
  AuditTable,
  ClientTable,
  ManifestTable,
  RegistryTable,
  RewrapTable,
  UsedAssertionTable,
  VaultKeyTable,
} from './node-tables.ts'
import type { ImportRowTable, ImportTable, RegisterLookupTable, RegisterQuestionTable, RegisterRecordTable } from './register-tables.ts'

/**
 * Rows as PostgreSQL returns them: `timestamptz` as Date, `date` as yyyy-mm-dd text, bigint as text, json parsed. The tables lie by area in the
 * files beside this one. A test compares them with the migrated schema.
 */
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
