import type { Generated } from 'kysely'
import type { NullableJson } from './json-column.ts'

// The region's own records, and files of them.

export interface RegisterRecordTable {
  register: string
  key: string
  agency: string
  data: string
  data_key: string
  version: number
  created_at: Date
  updated_at: Date
}

export interface RegisterLookupTable {
  register: string
  lookup_key: string
  key: string
}

export interface RegisterQuestionTable {
  register: string
  lookup_key: string
  case_number: string
}

export interface ImportTable {
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

export interface ImportRowTable {
  import_id: string
  line: number
  state: 'queued' | 'done' | 'failed'
  body: string | null
  attempts: Generated<number>
  result: string | null
  errors: NullableJson<unknown>
}
