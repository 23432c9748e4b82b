import { dirname, join } from 'node:path'
import type { Rate } from '@hefu/exchange'
import { parseRegionId, type RegionId } from '@hefu/reference'
import { z } from 'zod'
import type { TlsFiles } from './http/tls.ts'
import type { LogLevel } from './logger.ts'

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
  /** How old the newest witnessed checkpoint may be before readiness says so. */
  readonly witnessAgeMinutes: number
  readonly logLevel: LogLevel
  readonly stopWithParent: boolean
}

/** What is wrong with a setting and how it should be; never what it was: it may be a password. */
export interface SettingProblem {
  readonly setting: string
  readonly zh: string
  readonly en: string
}

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly SettingProblem[] }

const roles = ['api', 'exchange', 'worker', 'sequencer'] as const satisfies readonly NodeRole[]
const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const satisfies readonly LogLevel[]

const certificateHint: Hint = {
  zh: '须为 PEM 格式证书（含证书链）文件的路径，且须同时设置对应的 …_TLS_KEY',
  en: 'must be the path of a PEM certificate with its chain, together with the …_TLS_KEY that belongs to it',
}
const tlsKeyHint: Hint = {
  zh: '须为 PEM 格式私钥文件的路径，且须同时设置对应的 …_TLS_CERT',
  en: 'must be the path of a PEM key file, together with the …_TLS_CERT that belongs to it',
}
const rateHint: Hint = { zh: '须为 60 至 1000000 的整数', en: 'must be a whole number from 60 to 1000000' }
const required: Hint = { zh: '必须设置', en: 'is required' }
const hints: Readonly<Record<string, Hint>> = {
  HEFU_REGION: { zh: '须为六位区域代码，例如 510100', en: 'must be a region of six digits such as 510100' },
  HEFU_REGISTRY: { zh: '须为联合体注册表的路径或 http(s) 地址', en: 'must be the path or the http(s) address of the registry' },
  HEFU_FEDERATION_KEYS: {
    zh: '须为联合体公钥文件（JWK Set）的路径',
    en: "must be the path of the federation's public keys (a JWK set)",
  },
  HEFU_KEYS: {
    zh: '须为报文密钥目录的路径，内有 *.pem 和 manifest.jwt',
    en: 'must be the folder of the message keys, with *.pem and manifest.jwt in it',
  },
  HEFU_LOG_KEY: { zh: '须为交换日志 PKCS#8 私钥文件的路径', en: 'must be the path of the PKCS#8 key file of the exchange log' },
  HEFU_WITNESS_KEY: { zh: '须为见证 PKCS#8 私钥文件的路径', en: 'must be the path of the PKCS#8 key file of the witness' },
  HEFU_ACTOR_KEY: {
    zh: '须为 PKCS#8 私钥文件的路径，用于日志中人员的化名',
    en: 'must be the path of the PKCS#8 key file under which the log names persons',
  },
  HEFU_TOKEN_KEY: {
    zh: '须为访问令牌 PKCS#8 私钥文件的路径',
    en: 'must be the path of the PKCS#8 key file that signs access tokens',
  },
  HEFU_TOKEN_KEY_OTHER: {
    zh: '须为 PKCS#8 私钥文件的路径，其签发的访问令牌在轮换期间仍予接受',
    en: 'must be the path of the PKCS#8 key file whose access tokens are taken as well during a rotation',
  },
  HEFU_API_URL: {
    zh: '须为 http:// 或 https:// 地址，末尾无斜杠',
    en: 'must be an http:// or https:// address without a slash at its end',
  },
  HEFU_TOKEN_SECONDS: { zh: '须为 60 至 86400 的整数秒', en: 'must be a whole number of seconds from 60 to 86400' },
  HEFU_VAULT_KEY: { zh: '须为密钥加密密钥文件的路径', en: 'must be the path of the file of the key-encryption key' },
  HEFU_VAULT_KEY_OTHER: {
    zh: '须为更换期间另一把密钥加密密钥文件的路径',
    en: 'must be the path of the file of the other key-encryption key during an exchange',
  },
  HEFU_VAULT_EPOCHS: { zh: '须为时期密钥目录的路径', en: 'must be the path of the folder of the epoch keys' },
  HEFU_BACKUP_DAYS: { zh: '须为 1 至 400 的整数天', en: 'must be a whole number of days from 1 to 400' },
  HEFU_CLIENTS: { zh: '须为客户端文件的路径', en: 'must be the path of the clients file' },
  DATABASE_URL: { zh: '须为 postgres:// 地址', en: 'must be a postgres:// address' },
  HEFU_MIGRATION_DATABASE_URL: { zh: '须为 postgres:// 地址', en: 'must be a postgres:// address' },
  HEFU_SEQUENCER_DATABASE_URL: { zh: '须为 postgres:// 地址', en: 'must be a postgres:// address' },
  QUEUE_URL: { zh: '须为 postgres:// 或 redis:// 地址', en: 'must be a postgres:// or redis:// address' },
  HEFU_ROLES: {
    zh: '须为 api、exchange、worker、sequencer 中的若干项，以逗号分隔',
    en: 'must be some of api, exchange, worker and sequencer, separated by commas',
  },
  HEFU_API_HOST: { zh: '须为主机名或 IP 地址', en: 'must be a host name or an IP address' },
  HEFU_API_PORT: { zh: '须为 0 至 65535 的端口', en: 'must be a port from 0 to 65535' },
  HEFU_EXCHANGE_HOST: { zh: '须为主机名或 IP 地址', en: 'must be a host name or an IP address' },
  HEFU_EXCHANGE_PORT: { zh: '须为 0 至 65535 的端口', en: 'must be a port from 0 to 65535' },
  HEFU_API_TLS_CERT: certificateHint,
  HEFU_API_TLS_KEY: tlsKeyHint,
  HEFU_EXCHANGE_TLS_CERT: certificateHint,
  HEFU_EXCHANGE_TLS_KEY: tlsKeyHint,
  HEFU_EXCHANGE_TLS_CLIENT_CA: {
    zh: '须为 PEM 格式 CA 证书文件的路径，且须同时设置 HEFU_EXCHANGE_TLS_CERT；只有持其签发证书的对端可以连接',
    en: 'must be the path of a PEM file of authorities, together with HEFU_EXCHANGE_TLS_CERT: only peers with a certificate of theirs may connect',
  },
  HEFU_PEER_TLS_CA: {
    zh: '须为 PEM 格式 CA 证书文件的路径；只信任其签发的对端证书',
    en: 'must be the path of a PEM file of authorities: only certificates of theirs are believed of peers',
  },
  HEFU_CLIENT_REQUESTS_PER_MINUTE: rateHint,
  HEFU_PEER_REQUESTS_PER_MINUTE: rateHint,
  HEFU_WITNESS_AGE_MINUTES: { zh: '须为 1 至 1440 的整数分钟', en: 'must be a whole number of minutes from 1 to 1440' },
  HEFU_LOG_LEVEL: { zh: `须为 ${levels.join('、')} 之一`, en: `must be one of ${levels.join(', ')}` },
  HEFU_STOP_WITH_PARENT: { zh: '须为 1 或 0', en: 'must be 1 or 0' },
}
type Hint = { readonly zh: string; readonly en: string }

const path = z.string().min(1)
const host = z.string().regex(/^[A-Za-z0-9.:-]{1,255}$/)
const port = z
  .string()
  .regex(/^\d{1,5}$/)
  .transform(Number)
  .refine((value) => value <= 65_535)
const minutes = z
  .string()
  .regex(/^\d{1,4}$/)
  .transform(Number)
  .refine((value) => value >= 1 && value <= 1_440)
const tokenSeconds = z
  .string()
  .regex(/^\d{1,5}$/)
  .transform(Number)
  .refine((value) => value >= 60 && value <= 86_400)
const days = z
  .string()
  .regex(/^\d{1,3}$/)
  .transform(Number)
  .refine((value) => value >= 1 && value <= 400)
const requestsPerMinute = z
  .string()
  .regex(/^\d{2,7}$/)
  .transform(Number)
  .refine((value) => value >= 60 && value <= 1_000_000)
const address = (schemes: readonly string[]) => z.string().refine((text) => URL.canParse(text) && schemes.includes(new URL(text).protocol))
const database = address(['postgres:', 'postgresql:'])
const roleList = z
  .string()
  .transform((text) => text.split(',').map((role) => role.trim()))
  .pipe(z.array(z.enum(roles)).min(1))
  .refine((list) => new Set(list).size === list.length)

const environment = z.strictObject({
  HEFU_REGION: z.string().transform((text, context): RegionId => {
    const parsed = parseRegionId(text)
    if (parsed.ok) return parsed.value
    context.addIssue({ code: 'custom' })
    return z.NEVER
  }),
  HEFU_REGISTRY: path,
  HEFU_FEDERATION_KEYS: path,
  HEFU_KEYS: path,
  HEFU_LOG_KEY: path,
  HEFU_WITNESS_KEY: path,
  HEFU_ACTOR_KEY: path,
  HEFU_TOKEN_KEY: path,
  HEFU_TOKEN_KEY_OTHER: path.optional(),
  HEFU_VAULT_KEY: path,
  HEFU_VAULT_KEY_OTHER: path.optional(),
  HEFU_VAULT_EPOCHS: path.optional(),
  HEFU_BACKUP_DAYS: days.default(35),
  HEFU_CLIENTS: path,
  DATABASE_URL: database,
  HEFU_MIGRATION_DATABASE_URL: database.optional(),
  HEFU_SEQUENCER_DATABASE_URL: database.optional(),
  QUEUE_URL: address(['postgres:', 'postgresql:', 'redis:', 'rediss:']).optional(),
  HEFU_ROLES: roleList.default([...roles]),
  HEFU_API_HOST: host.default('127.0.0.1'),
  HEFU_API_PORT: port.default(8080),
  HEFU_API_URL: address(['http:', 'https:'])
    .refine((url) => url === new URL(url).origin + new URL(url).pathname.replace(/\/$/, ''))
    .optional(),
  HEFU_TOKEN_SECONDS: tokenSeconds.default(600),
  HEFU_EXCHANGE_HOST: host.default('127.0.0.1'),
  HEFU_EXCHANGE_PORT: port.default(8090),
  HEFU_API_TLS_CERT: path.optional(),
  HEFU_API_TLS_KEY: path.optional(),
  HEFU_EXCHANGE_TLS_CERT: path.optional(),
  HEFU_EXCHANGE_TLS_KEY: path.optional(),
  HEFU_EXCHANGE_TLS_CLIENT_CA: path.optional(),
  HEFU_PEER_TLS_CA: path.optional(),
  HEFU_CLIENT_REQUESTS_PER_MINUTE: requestsPerMinute.default(18_000),
  HEFU_PEER_REQUESTS_PER_MINUTE: requestsPerMinute.default(6_000),
  HEFU_WITNESS_AGE_MINUTES: minutes.default(15),
  HEFU_LOG_LEVEL: z.enum(levels).default('info'),
  HEFU_STOP_WITH_PARENT: z.enum(['0', '1']).default('0'),
})

/** Reads the settings and reports all problems at once. A setting of ours that is misspelt is a problem too, not a default. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Parsed<Settings> {
  const ours = Object.entries(env).filter(
    ([name, value]) => value !== undefined && (name.startsWith('HEFU_') || name === 'DATABASE_URL' || name === 'QUEUE_URL'),
  )
  const parsed = environment.safeParse(Object.fromEntries(ours))
  if (!parsed.success) return { ok: false, problems: problemsOf(parsed.error, env) }
  const { data } = parsed
  const incomplete = incompleteTls(data)
  if (incomplete.length > 0) return { ok: false, problems: incomplete }
  return {
    ok: true,
    value: {
      region: data.HEFU_REGION,
      registry: data.HEFU_REGISTRY,
      federationKeysFile: data.HEFU_FEDERATION_KEYS,
      keysFolder: data.HEFU_KEYS,
      logKeyFile: data.HEFU_LOG_KEY,
      witnessKeyFile: data.HEFU_WITNESS_KEY,
      actorKeyFile: data.HEFU_ACTOR_KEY,
      tokenKeyFile: data.HEFU_TOKEN_KEY,
      otherTokenKeyFile: data.HEFU_TOKEN_KEY_OTHER,
      vaultKeyFile: data.HEFU_VAULT_KEY,
      otherVaultKeyFile: data.HEFU_VAULT_KEY_OTHER,
      vaultEpochsFolder: data.HEFU_VAULT_EPOCHS ?? join(dirname(data.HEFU_VAULT_KEY), 'epochs'),
      backupDays: data.HEFU_BACKUP_DAYS,
      clientsFile: data.HEFU_CLIENTS,
      databaseUrl: data.DATABASE_URL,
      migrationDatabaseUrl: data.HEFU_MIGRATION_DATABASE_URL ?? data.DATABASE_URL,
      sequencerDatabaseUrl: data.HEFU_SEQUENCER_DATABASE_URL ?? data.DATABASE_URL,
      queueUrl: data.QUEUE_URL ?? data.DATABASE_URL,
      roles: data.HEFU_ROLES,
      api: { host: data.HEFU_API_HOST, port: data.HEFU_API_PORT },
      apiUrl: data.HEFU_API_URL,
      tokenSeconds: data.HEFU_TOKEN_SECONDS,
      exchange: { host: data.HEFU_EXCHANGE_HOST, port: data.HEFU_EXCHANGE_PORT },
      apiTls: tlsFiles(data.HEFU_API_TLS_CERT, data.HEFU_API_TLS_KEY),
      exchangeTls: tlsFiles(data.HEFU_EXCHANGE_TLS_CERT, data.HEFU_EXCHANGE_TLS_KEY, data.HEFU_EXCHANGE_TLS_CLIENT_CA),
      peerCaFile: data.HEFU_PEER_TLS_CA,
      clientRate: rateOf(data.HEFU_CLIENT_REQUESTS_PER_MINUTE),
      peerRate: rateOf(data.HEFU_PEER_REQUESTS_PER_MINUTE),
      witnessAgeMinutes: data.HEFU_WITNESS_AGE_MINUTES,
      logLevel: data.HEFU_LOG_LEVEL,
      stopWithParent: data.HEFU_STOP_WITH_PARENT === '1',
    },
  }
}

type Environment = z.infer<typeof environment>

/** A listener that was meant to have a certificate must not start without. */
function incompleteTls(data: Environment): SettingProblem[] {
  const together = [
    ['HEFU_API_TLS_CERT', 'HEFU_API_TLS_KEY'],
    ['HEFU_EXCHANGE_TLS_CERT', 'HEFU_EXCHANGE_TLS_KEY'],
    ['HEFU_EXCHANGE_TLS_CERT', 'HEFU_EXCHANGE_TLS_CLIENT_CA'],
  ] as const
  return together.flatMap(([cert, other]): SettingProblem[] => {
    if (data[cert] === undefined && data[other] !== undefined) return [{ setting: cert, ...(hints[cert] ?? required) }]
    if (data[cert] !== undefined && data[other] === undefined && other.endsWith('KEY'))
      return [{ setting: other, ...(hints[other] ?? required) }]
    return []
  })
}

function tlsFiles(cert: string | undefined, key: string | undefined, clientCa?: string): TlsFiles | undefined {
  return cert === undefined || key === undefined ? undefined : { cert, key, clientCa }
}

const RATE_WINDOW_SECONDS = 10

function rateOf(perMinute: number): Rate {
  return { requests: Math.ceil((perMinute * RATE_WINDOW_SECONDS) / 60), seconds: RATE_WINDOW_SECONDS }
}

function problemsOf(error: z.ZodError, env: Readonly<Record<string, string | undefined>>): SettingProblem[] {
  const named = new Map<string, SettingProblem>()
  for (const issue of error.issues) {
    if (issue.code === 'unrecognized_keys') {
      for (const setting of issue.keys)
        named.set(setting, { setting, zh: '没有这个设置，请检查拼写', en: 'there is no such setting: check its spelling' })
      continue
    }
    const setting = String(issue.path[0])
    const hint = hints[setting] ?? required
    const text = env[setting] === undefined ? { zh: `${required.zh}，${hint.zh}`, en: `${required.en} and ${hint.en}` } : hint
    named.set(setting, { setting, ...text })
  }
  return [...named.values()]
}
