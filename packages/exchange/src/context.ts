import type { Procedure, Register } from '@hefu/procedures'
import type { Federation, Signer } from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { Access } from './access/open-access.ts'
import type { Database } from './db/schema.ts'
import type { RecentMessages } from './inbox/recent-messages.ts'
import type { LogContext } from './log/log-context.ts'
import type { LogStateReader } from './log/log-state.ts'
import type { UnverifiableTexts } from './log/unverifiable-texts.ts'
import type { Metrics } from './metrics.ts'
import type { PeerTls } from './peers/peer-tls.ts'
import type { Queue } from './queue/queue.ts'
import type { Rates } from './rates.ts'
import type { KeyMisses } from './trust/key-misses.ts'
import type { VaultPlace } from './vault/open-vault.ts'
import type { Vault } from './vault/vault.ts'

/** Everything a node's functions may use, made once at start; a function takes the part it uses. */
export interface Context {
  readonly region: RegionId
  readonly db: Kysely<Database>
  readonly queue: Queue
  /** What is believed now: another object after a new registry or manifest. */
  readonly federation: Federation
  readonly procedures: readonly Procedure[]
  readonly registers: readonly Register[]
  /** Signs messages, receipts and requests: the key whose time it is. Throws HefuError `unavailable` when there is none. */
  readonly signer: Signer
  /** Every message key whose private half is here, of whatever time: to write again what was signed once. */
  readonly ownSigners: readonly Signer[]
  readonly exchangeLog: LogContext
  /** How callers of the local API are known. */
  readonly access: Access
  /** Seals and opens what lies in the database. */
  readonly vault: Vault
  readonly vaultPlace: VaultPlace
  /** How long backups of the database are kept. */
  readonly backupDays: number
  /** Under which the log names persons: see actor-name.ts. */
  readonly actorKey: Uint8Array
  readonly logState: LogStateReader
  /** Milliseconds since the epoch; the only clock (tests move it). */
  readonly now: () => number
  readonly log: Logger
  readonly metrics: Metrics
  /** What strangers sent, until the log has an entry of it. */
  readonly unverifiable: UnverifiableTexts
  /** Texts under keys that nobody has: a reason to look for new manifests. */
  readonly keyMisses: KeyMisses
  /** Bytes that were just accepted, for the job that applies them. */
  readonly recent: RecentMessages
  /** Requests of each peer, counted once its signature is verified: nobody uses up another's. */
  readonly peerRates: Rates
  /** As it is now: certificates are renewed while the node runs. */
  readonly peerTls: PeerTls | undefined
}

export type Role = 'officer' | 'operator' | 'security' | 'auditor'

/** Who calls the local API. `agency` is set for officers only: they see the cases and registers of their agency. */
export interface Caller {
  readonly client: string
  readonly role: Role
  readonly agency: string | null
  /** What the token may do and its client still may. */
  readonly scopes: ReadonlySet<string>
  /** The log's name for the person behind the call; null: the client itself. */
  readonly actor: string | null
}
