import type { Generated } from 'kysely'
import type { Asked, ClientKey } from '../access/client-store.ts'
import type { Json, NullableJson } from './json-column.ts'

// Who may call, whom the node believes, what it tells its operators, its keys of data at rest.

export interface ClientTable {
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

export interface UsedAssertionTable {
  client: string
  jti_digest: string
  expires_at: Date
}

export interface AuditTable {
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

export interface AlertTable {
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

export interface RegistryTable {
  version: number
  digest: string
  token: string
  at: Date
}

export interface ManifestTable {
  region: string
  version: number
  digest: string
  token: string
  at: Date
}

export interface VaultKeyTable {
  name: string
  data_key: string
  created_at: Date
}

export interface RewrapTable {
  id: string
  requested_by: string
  start_at: Date
  keys_total: number | null
  keys_done: Generated<number>
  created_at: Date
  finished_at: Date | null
}
