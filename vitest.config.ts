import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './packages/testkit/src/longest-first.ts'

export default defineConfig({
  test: {
    include: ['packages/*/{src,test}/**/*.test.ts', 'services/*/{src,test}/**/*.test.ts'],
    globalSetup: ['packages/testkit/src/postgres/global-setup.ts', 'packages/testkit/src/processes/node-bundle.ts'],
    pool: 'forks',
    // Of a file's time much is waiting: for leases, for heartbeats, for processes that start. One worker more than the two cores of CI.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    // A worker loads and compiles what the files have in common once. So a file changes nothing that belongs to its process.
    isolate: false,
    // The same for the many processes that tests start.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/node', import.meta.url)) },
    testTimeout: 180_000,
    hookTimeout: 240_000,
  },
})
