import { resolve } from 'node:path'
import type { RegionId } from '@hefu/reference'
import { type ApiClient, apiClient, type Federation, startFederation } from '@hefu/testkit'
import pg from 'pg'
import type { BenchOptions } from './main.ts'

export interface TwoNodes extends AsyncDisposable {
  readonly federation: Federation
  readonly chengdu: { readonly officer: ApiClient; readonly operator: ApiClient; readonly officerToken: string; readonly database: pg.Pool }
  readonly chongqing: { readonly officer: ApiClient; readonly database: pg.Pool }
  /** Each node again, under the profiler: it writes its profile into that folder when it stops. */
  startProfiled(dir: string): Promise<void>
}

/** Chengdu and Chongqing as two real processes on one durable PostgreSQL, as in the sandbox; fsync on. */
export async function twoNodes(options: BenchOptions): Promise<TwoNodes> {
  const { queue } = options
  const federation = await startFederation({
    regions: ['510100', '500000'] as RegionId[],
    durable: true,
    logLevel: 'warn',
    ...(queue === undefined ? {} : { queueUrl: (_region, index) => `${queue}/${index}` }),
    log: options.say,
  })
  if (options.profile !== undefined) await startProfiled(federation, resolve(options.profile))
  const [a, b] = [federation.node('510100'), federation.node('500000')]
  const database = (url: string) => new pg.Pool({ connectionString: url, max: 2 })
  const pools = [database(a.databaseUrl), database(b.databaseUrl)] as const
  return {
    federation,
    chengdu: {
      officer: apiClient(a.api, a.tokens.officer),
      operator: apiClient(a.api, a.tokens.operator),
      officerToken: a.tokens.officer,
      database: pools[0],
    },
    chongqing: { officer: apiClient(b.api, b.tokens.officer), database: pools[1] },
    startProfiled: async (dir) => await startProfiled(federation, resolve(dir)),
    async [Symbol.asyncDispose]() {
      await Promise.all(pools.map((pool) => pool.end()))
      await federation.stop()
    },
  }
}

async function startProfiled(federation: Federation, dir: string): Promise<void> {
  for (const node of federation.nodes) {
    await node.stop()
    await node.start({ NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${dir}` })
  }
}
