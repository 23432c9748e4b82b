import { clientAssertionForm, loadSigner } from '@hefu/protocol'
import { cpuMsOf } from './cpu-time.ts'
import { type Figure, machine, quantile, round } from './figure.ts'
import type { BenchOptions } from './main.ts'
import { twoNodes } from './two-nodes.ts'

const AT_ONCE = 16

/** Access tokens a second from one node, sixteen requests at a time; the assertions are signed beforehand, as other machines would. */
export async function accessToken(options: BenchOptions): Promise<Figure[]> {
  const count = options.count ?? 3_000
  await using nodes = await twoNodes(options)
  const node = nodes.federation.node('510100')
  const { api, clients } = node
  const signer = await loadSigner(clients.officer.keyFile)
  const now = Math.floor(Date.now() / 1_000)
  const warmUp = Math.min(300, count)
  const forms: string[] = []
  for (let n = 0; n < warmUp + count; n++) forms.push(await clientAssertionForm({ client: clients.officer.id, issuer: api, now }, signer))
  const times: number[] = []
  const ask = async (form: string) => {
    const startedMs = performance.now()
    const answer = await fetch(`${api}/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form,
    })
    await answer.arrayBuffer()
    if (answer.status !== 200) throw new Error(`answered ${answer.status}`)
    times.push(performance.now() - startedMs)
  }
  await inLanes(forms.slice(0, warmUp), ask)
  times.length = 0
  const usedBefore = await cpuMsOf(node.pid())
  const startedMs = performance.now()
  await inLanes(forms.slice(warmUp), ask)
  const seconds = (performance.now() - startedMs) / 1_000
  const usedAfter = await cpuMsOf(node.pid())
  return [
    {
      name: 'access.token',
      value: round(count / seconds),
      unit: '/s',
      p50: round(quantile(times, 0.5)),
      p99: round(quantile(times, 0.99)),
      tokens: count,
      atOnce: AT_ONCE,
      // On a busy machine the figure that means something.
      nodeCpuMsPerToken: usedBefore === null || usedAfter === null ? null : round((usedAfter - usedBefore) / count, 2),
      ...machine(),
    },
  ]
}

async function inLanes(forms: readonly string[], ask: (form: string) => Promise<void>): Promise<void> {
  const waiting = forms.values()
  const lane = async () => {
    for (const form of waiting) await ask(form)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
}
