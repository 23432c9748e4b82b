import type { Generated } from 'kysely'
import type { Json } from './json-column.ts'

// The exchange log, its witnesses and what others promised.

export interface LogPendingTable {
  id: Generated<string>
  at: Date
  kind: string
  entry: string
}

export interface LogEntryTable {
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

export interface LogHeadTable {
  epoch: number
  origin: string
  size: string
  range: Buffer
  closed_at: Date | null
}

export interface LogTileTable {
  epoch: number
  level: number
  index: string
  hashes: Buffer
}

export interface LogCheckpointTable {
  epoch: number
  size: string
  at: Date
  note: string
  witnessed: string | null
  witnessed_at: Date | null
}

export interface WitnessedHeadTable {
  origin: string
  size: string
  root: Buffer
  checkpoint: string
  at: Date
}

export interface LogWitnessTable {
  epoch: number
  witness: string
  size: string | null
  note: string | null
  cosigned_at: Date | null
  answered_at: Date
}

export interface LogSealTable {
  epoch: number
  at: Date
  witness: string
  why: 'witness-ahead' | 'other-history'
  evidence: Json<unknown>
}

export interface LogSuccessorTable {
  epoch: number
  origin: string
  client: string
  reason: string
  at: Date
  decision: string
}

export interface PromiseTable {
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
