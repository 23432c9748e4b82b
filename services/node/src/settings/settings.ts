import type { Rate } from '@hefu/exchange'
import type { RegionId } from '@hefu/reference'
import type { TlsFiles } from '../http/tls.ts'
import type { LogLevel } from '../logger.ts'

/** As the process has it. */
export type Environment = Readonly<Record<string, string | undefined>>

export type NodeRole = 'api' | 'exchange' | 'worker' | 'sequencer'

export interface Address {
  readonly host: string
  readonly port: number
}

/** The settings of a node's process as they stand in the environment; files are named, not read. */
export interface Settings {
  readonly region: RegionId
  /** Path or address of the federation's registry. */
  readonly registry: string
  readonly federationKeysFile: string
  readonly keysFolder: string
  readonly logKeyFile: string
  readonly witnessKeyFile: string
  readonly actorKeyFile: string
  readonly tokenKeyFile: string
  /** Of a rotation. */
  readonly otherTokenKeyFile: string | undefined
  /** The key-encryption key of data at rest. */
  readonly vaultKeyFile: string
  /** Of an exchange of the key-encryption key. */
  readonly otherVaultKeyFile: string | undefined
  /** Where the keys of the epochs are, shared by all processes of the node. */
  readonly vaultEpochsFolder: string
  /** How long backups of the database are kept: for so long the key of an epoch outlives it. */
  readonly backupDays: number
  readonly clientsFile: string
  /** The application's login. */
  readonly databaseUrl: string
  /** The owner's login: the schema and the rights of the other two. */
  readonly migrationDatabaseUrl: string
  readonly sequencerDatabaseUrl: string
  readonly queueUrl: string
  readonly roles: readonly NodeRole[]
  readonly api: Address
  /** Under which clients know the local API; undefined: as it listens. */
  readonly apiUrl: string | undefined
  /** How long an access token lasts. */
  readonly tokenSeconds: number
  readonly exchange: Address
  readonly apiTls: TlsFiles | undefined
  readonly exchangeTls: TlsFiles | undefined
  /** File of the authorities that alone are believed about peers; those of the platform where absent. */
  readonly peerCaFile: string | undefined
  /** What one client, and one peer, may ask of one process. */
  readonly clientRate: Rate
  readonly peerRate: Rate
  /** How often the address of the registry is asked; a file is looked at all the time. */
  readonly registrySeconds: number
  /** How old the newest witnessed checkpoint may be before readiness says so. */
  readonly witnessAgeMinutes: number
  readonly logLevel: LogLevel
  readonly stopWithParent: boolean
}

/** Those that name files. */
export type FileSettings = Partial<Pick<Settings, 'apiTls' | 'exchangeTls' | 'peerCaFile' | 'otherTokenKeyFile' | 'otherVaultKeyFile'>> &
  Pick<
    Settings,
    | 'region'
    | 'registry'
    | 'federationKeysFile'
    | 'keysFolder'
    | 'logKeyFile'
    | 'witnessKeyFile'
    | 'actorKeyFile'
    | 'tokenKeyFile'
    | 'vaultKeyFile'
    | 'vaultEpochsFolder'
    | 'clientsFile'
  >

/** What is wrong with a setting and how it should be; never what it was: it may be a password. */
export interface SettingProblem {
  readonly setting: string
  readonly zh: string
  readonly en: string
}

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly SettingProblem[] }
