import type { EventEmitter } from 'node:events'
import type { BackendFactory } from 'bullmq'
import { openPostgresBackend } from './postgres-backend.ts'
import type { QueueLog } from './queue-log.ts'
import { openRedisBackend } from './redis-backend.ts'

export type QueueConfig = {
  /** `postgres://…` or `redis://…` (also postgresql, rediss). */
  url: string
  /** Keeps the queues of several nodes apart on one backend, for example the region. Letters, digits, `-`. */
  prefix: string
  log: QueueLog
}

/** `producer`: commands fail at once while the backend is away. `worker`: they wait for its return. */
export type BackendUse = { side: 'producer' | 'worker'; queues: number; onError: (error: Error) => void }

/** The connections that the queues, or the workers, of one process share. */
export type QueueBackend = {
  factory: BackendFactory
  /** Ends the shared connections; what was built from the factory must be closed before. */
  close(): Promise<void>
}

/** Connects; rejects when the backend cannot be reached within a few seconds. */
export async function openBackend(config: QueueConfig, use: BackendUse): Promise<QueueBackend> {
  const scheme = config.url.slice(0, config.url.indexOf(':'))
  switch (scheme) {
    case 'postgres':
    case 'postgresql':
      return await openPostgresBackend(config.url, use)
    case 'redis':
    case 'rediss':
      return await openRedisBackend(config.url, use)
    default:
      throw new Error('the queue address must begin with postgres:// or redis://')
  }
}

/**
 * Options that every BullMQ queue and worker here has. The connection is not read: the factory brings the shared one.
 * BullMQ's event stream has no reader here, so only its tail is kept.
 */
export const sharedOptions = { connection: {}, streams: { events: { maxLen: 100 } } }

/** One BullMQ queue per job name: a slow import never stands before a delivery. */
export function queueName(prefix: string, name: string): string {
  if (!/^[A-Za-z0-9-]{1,40}$/.test(prefix)) throw new Error('the prefix of a queue is 1 to 40 letters, digits or hyphens')
  return `${prefix}.${name}`
}

/** BullMQ emits 'error' for every disturbance; without a listener that would end the process. */
export function listen<T extends EventEmitter>(source: T, onError: (error: Error) => void): T {
  source.on('error', onError)
  return source
}
