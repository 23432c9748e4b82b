import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['packages/*/{src,test}/**/*.test.ts', 'services/*/{src,test}/**/*.test.ts'],
    globalSetup: ['packages/testkit/src/postgres/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // A worker loads and compiles what the files have in common once. So a file changes nothing that belongs to its process.
    isolate: false,
    // The same for the many processes that tests start.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/node', import.meta.url)) },
    testTimeout: 180_000,
    hookTimeout: 240_000,
  },
})
