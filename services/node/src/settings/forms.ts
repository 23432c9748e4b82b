import { parseRegionId, type RegionId } from '@hefu/reference'
import { z } from 'zod'
import type { LogLevel } from '../logger.ts'
import type { NodeRole } from './settings.ts'

const roles = ['api', 'exchange', 'worker', 'sequencer'] as const satisfies readonly NodeRole[]
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const satisfies readonly LogLevel[]

const path = z.string().min(1)
const host = z.string().regex(/^[A-Za-z0-9.:-]{1,255}$/)
/** Decimal, as people write it. */
const whole = (from: number, to: number) =>
  z
    .string()
    .regex(/^(?:0|[1-9]\d{0,6})$/)
    .transform(Number)
    .refine((value) => value >= from && value <= to)
const port = whole(0, 65_535)
const requestsPerMinute = whole(60, 1_000_000)
const address = (schemes: readonly string[]) => z.string().refine((text) => URL.canParse(text) && schemes.includes(new URL(text).protocol))
const database = address(['postgres:', 'postgresql:'])
const roleList = z
  .string()
  .transform((text) => text.split(',').map((role) => role.trim()))
  .pipe(z.array(z.enum(roles)).min(1))
  .refine((list) => new Set(list).size === list.length)

export const environment = z.strictObject({
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
  HEFU_BACKUP_DAYS: whole(1, 400).default(35),
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
  HEFU_TOKEN_SECONDS: whole(60, 86_400).default(600),
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
  HEFU_REGISTRY_SECONDS: whole(1, 86_400).default(300),
  HEFU_WITNESS_AGE_MINUTES: whole(1, 1_440).default(15),
  HEFU_LOG_LEVEL: z.enum(logLevels).default('info'),
  HEFU_STOP_WITH_PARENT: z.enum(['0', '1']).default('0'),
})
