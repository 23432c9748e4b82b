import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** As `--cpu-prof` writes it; times in microseconds of the monotonic clock, which all processes of a machine share. */
interface CpuProfile {
  readonly startTime: number
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string }
    readonly children?: readonly number[]
  }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

export interface ProfileShare {
  /** Milliseconds in which the profiled processes did anything. */
  readonly busyMs: number
  /** Of them, those with a function of one of the files anywhere on the stack, whatever it called. */
  readonly insideMs: number
}

/** Now, on that clock. */
export function monotonicUs(): number {
  return Number(process.hrtime.bigint() / 1_000n)
}

/** What all profiles of a folder say about a span of time. */
export async function profileShare(
  dir: string,
  span: readonly [fromUs: number, toUs: number],
  isInside: (url: string) => boolean,
): Promise<ProfileShare> {
  const names = (await readdir(dir)).filter((name) => name.endsWith('.cpuprofile'))
  const shares = await Promise.all(
    names.map(async (name) => shareOf(JSON.parse(await readFile(join(dir, name), 'utf8')) as CpuProfile, span, isInside)),
  )
  const total = (part: keyof ProfileShare) => shares.reduce((sum, share) => sum + share[part], 0)
  return { busyMs: total('busyMs'), insideMs: total('insideMs') }
}

function shareOf(profile: CpuProfile, [fromUs, toUs]: readonly [number, number], isInside: (url: string) => boolean): ProfileShare {
  const inside = nodesInside(profile, isInside)
  const idle = new Set(profile.nodes.filter(({ callFrame }) => callFrame.functionName === '(idle)').map(({ id }) => id))
  let at = profile.startTime
  let busy = 0
  let within = 0
  for (const [n, node] of profile.samples.entries()) {
    const us = profile.timeDeltas[n] ?? 0
    at += us
    if (at < fromUs || at > toUs || idle.has(node)) continue
    busy += us
    if (inside.has(node)) within += us
  }
  return { busyMs: busy / 1_000, insideMs: within / 1_000 }
}

/** Nodes of the call tree at or below a function of these files. A parent comes before its children. */
function nodesInside({ nodes }: CpuProfile, isInside: (url: string) => boolean): ReadonlySet<number> {
  const inside = new Set<number>()
  for (const { id, callFrame, children = [] } of nodes) {
    if (isInside(callFrame.url)) inside.add(id)
    if (inside.has(id)) for (const child of children) inside.add(child)
  }
  return inside
}
