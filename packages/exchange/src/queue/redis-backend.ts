import { type BackendFactory, createRedisBackend } from 'bullmq'
import { Redis } from 'ioredis'
import type { BackendUse, QueueBackend } from './backend.ts'
import { within } from './within.ts'

const CONNECT_MS = 5_000

/** BullMQ on Redis: one connection for all queues, or all workers, of the process; each worker adds a blocking one. */
export async function openRedisBackend(url: string, use: BackendUse): Promise<QueueBackend> {
  const redis = new Redis(url, {
    // A producer must learn at once that Redis is away; a worker waits for its return (BullMQ requires null for it).
    enableOfflineQueue: use.side === 'worker',
    maxRetriesPerRequest: use.side === 'worker' ? null : 1,
    connectTimeout: CONNECT_MS,
    keepAlive: 10_000,
    retryStrategy: (times) => Math.min(times * 100, 1_000),
  })
  redis.setMaxListeners(use.queues * 4 + 10)
  redis.on('error', use.onError)
  try {
    await within(CONNECT_MS, ready(redis))
  } catch (cause) {
    redis.disconnect()
    throw cause
  }
  const factory: BackendFactory = (name, options, extra) => createRedisBackend(name, { ...options, connection: redis }, extra)
  return { factory, close: async () => redis.disconnect() }
}

function ready(redis: Redis): Promise<void> {
  return new Promise((resolve, reject) => {
    redis.once('ready', resolve)
    redis.once('error', reject)
  })
}
