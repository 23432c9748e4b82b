import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { parseJob } from '../../src/queue/job.ts'
import { queueConformance } from './queue-conformance.ts'
import { startPostgresBackend, startRedisBackend } from './test-backend.ts'
import { openTestQueue } from './test-queue.ts'

queueConformance('PostgreSQL', startPostgresBackend)

// Where Redis is not installed this half shows as skipped; the project's own pipeline installs it and refuses a skip.
const redisIsThere = spawnSync('redis-server', ['--version']).status === 0
describe.skipIf(!redisIsThere)('with redis-server', () => queueConformance('Redis', startRedisBackend))

describe('a job', () => {
  it('has identifiers and nothing else', () => {
    expect(parseJob({ name: 'deliver', peer: '500000' })).toEqual({ name: 'deliver', peer: '500000' })
    for (const value of [
      null,
      'deliver',
      {},
      { name: 'deliver' },
      { name: 'deliver', peer: '' },
      { name: 'deliver', peer: 500000 },
      { name: 'deliver', peer: '500000', body: '…' },
      { name: 'apply', cases: [] },
      { name: 'apply', cases: ['x'.repeat(65)] },
      { name: 'other', peer: '500000' },
    ])
      expect(parseJob(value)).toBeUndefined()
  })
})

describe('a queue address', () => {
  it.each(['http://127.0.0.1', 'postgres://nobody@127.0.0.1:1/none', 'redis://127.0.0.1:1'])(
    'is refused when it leads nowhere: %s',
    async (url) => {
      await expect(openTestQueue(url)).rejects.toThrow()
    },
  )
})
