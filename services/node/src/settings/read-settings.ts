import { dirname, join } from 'node:path'
import type { Rate } from '@hefu/exchange'
import type { z } from 'zod'
import type { TlsFiles } from '../http/tls.ts'
import { environment } from './forms.ts'
import { hints, required } from './hints.ts'
import type { Environment, Parsed, SettingProblem, Settings } from './settings.ts'

/** Reads the settings and reports all problems at once. A setting of ours that is misspelt is a problem too, not a default. */
export function readSettings(env: Environment): Parsed<Settings> {
  const ours = Object.entries(env).filter(
    ([name, value]) => value !== undefined && (name.startsWith('HEFU_') || name === 'DATABASE_URL' || name === 'QUEUE_URL'),
  )
  const parsed = environment.safeParse(Object.fromEntries(ours))
  const incomplete = incompleteTls(env)
  if (!parsed.success) return { ok: false, problems: [...problemsOf(parsed.error, env), ...incomplete] }
  if (incomplete.length > 0) return { ok: false, problems: incomplete }
  const { data } = parsed
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
      vaultEpochsFolder: data.HEFU_VAULT_EPOCHS ?? epochsBeside(data.HEFU_VAULT_KEY),
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
      registrySeconds: data.HEFU_REGISTRY_SECONDS,
      witnessAgeMinutes: data.HEFU_WITNESS_AGE_MINUTES,
      logLevel: data.HEFU_LOG_LEVEL,
      stopWithParent: data.HEFU_STOP_WITH_PARENT === '1',
    },
  }
}

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

export function tlsFiles(cert: string | undefined, key: string | undefined, clientCa?: string): TlsFiles | undefined {
  return cert === undefined || key === undefined ? undefined : { cert, key, clientCa }
}

const RATE_WINDOW_SECONDS = 10

function rateOf(perMinute: number): Rate {
  return { requests: Math.ceil((perMinute * RATE_WINDOW_SECONDS) / 60), seconds: RATE_WINDOW_SECONDS }
}

function problemsOf(error: z.ZodError, env: Environment): SettingProblem[] {
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

export function epochsBeside(vaultKeyFile: string): string {
  return join(dirname(vaultKeyFile), 'epochs')
}
