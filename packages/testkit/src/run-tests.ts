/**
 * The test command: runs vitest over the workspace and ends with the line `N passed, N failed, N skipped`.
 * Arguments are file filters, vitest's `-t`, and `--root` for another workspace. With CI=true a skipped test is a failure: there the Redis suite must run.
 */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startVitest } from 'vitest/node'
import { findRedis } from './redis/start-redis.ts'
import { countTests, type TestCounts } from './test-counts.ts'

process.exitCode = await main()

async function main(): Promise<number> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { testNamePattern: { type: 'string', short: 't' }, root: { type: 'string' } },
  })
  const inCi = process.env.CI === 'true' || process.env.CI === '1'
  const vitest = await startVitest(positionals, {
    root: values.root ?? fileURLToPath(new URL('../../..', import.meta.url)),
    watch: false,
    passWithNoTests: false,
    ...(values.testNamePattern === undefined ? {} : { testNamePattern: values.testNamePattern }),
  })
  const counts = countTests(vitest.state.getTestModules(), { filtered: values.testNamePattern !== undefined })
  const leaks = vitest.state.getUnhandledErrors().length
  await vitest.close()

  if (findRedis() === undefined)
    console.error(
      '\nredis-server is not on PATH: the queue suite did not run on Redis (it ran on PostgreSQL). Install redis-server to run it.',
    )
  for (const problem of counts.problems) console.error(problem)
  if (leaks > 0) console.error(`${leaks} errors outside of any test`)
  const refusedSkips = inCi && counts.skipped > 0
  if (refusedSkips) console.error('CI=true: a skipped test is a failure.')
  return report({ ...counts, failed: counts.failed + leaks }, refusedSkips)
}

function report({ passed, failed, skipped }: TestCounts, refusedSkips: boolean): number {
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
  return failed > 0 || passed === 0 || refusedSkips ? 1 : 0
}
