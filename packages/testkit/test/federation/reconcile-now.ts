import type { TestNetwork } from '../../src/index.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'

const DAY_MS = 86_400_000

/** Has one region compare its half with a peer's, from yesterday to tomorrow, and answers what came of it. */
export async function reconcileNow(net: TestNetwork, region: string, peer: string) {
  const operator = net.node(region).as('operator')
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10)
  const asked = await operator.post('/v1/reconciliations', { peer, from: day(Date.now() - DAY_MS), to: day(Date.now() + DAY_MS) })
  const read = async () => (await operator.get(`/v1/reconciliations/${asked.body.id}`)).body
  await waitUntil(async () => !['queued', 'running'].includes(String((await read()).state)), 30_000)
  return await read()
}
