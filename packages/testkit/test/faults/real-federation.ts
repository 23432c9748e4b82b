import { type ApiClient, apiClient, compareHalves, type Federation } from '../../src/index.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'
import { count } from './observe.ts'

/** Calls the local API of a node that is a process of its own. */
export function as(federation: Federation, region: string, role: 'officer' | 'operator' | 'auditor'): ApiClient {
  const { api, tokens } = federation.node(region)
  return apiClient(api, tokens[role])
}

/** Waits until every message has its answer, everything accepted is applied and everything is in the exchange log, on all nodes. */
export async function settle(federation: Federation, withinMs = 30_000): Promise<void> {
  const open = `select (select count(*) from outbox where state = 'pending') + (select count(*) from inbox where applied_at is null)
    + (select count(*) from log_pending)`
  const quiet = async () => {
    for (const { databaseUrl } of federation.nodes) if ((await count(databaseUrl, open)) > 0) return false
    return true
  }
  await waitUntil(quiet, withinMs, 50)
}

export async function differences(federation: Federation): Promise<string[]> {
  const halves = federation.nodes.map(({ region }) => ({ region, auditor: as(federation, region, 'auditor') }))
  const [one, other] = halves
  if (!one || !other) throw new Error('a federation of two')
  return await compareHalves(one, other)
}
