import { readdir, readFile } from 'node:fs/promises'
import type { Federation } from '@hefu/testkit'
import { round } from './figure.ts'

/** What clock ticks in /proc are counted in: USER_HZ, 100 on every Linux that Node runs on. */
const MS_PER_TICK = 10

interface Ticks {
  readonly parent: number
  readonly own: number
  /** Of children that have ended and were waited for. */
  readonly ended: number
}

/** Processor time that a process has used so far, in milliseconds; null where there is no /proc. */
export async function cpuMsOf(pid: number): Promise<number | null> {
  const ticks = await ticksOf(pid)
  return ticks === null ? null : ticks.own * MS_PER_TICK
}

/** The same of a process with all its children, those that have ended included: a PostgreSQL server with its backends. */
export async function cpuMsWithChildren(pid: number): Promise<number | null> {
  const ticks = await ticksOf(pid)
  if (ticks === null) return null
  const others = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const all = await Promise.all(others.map(async (name) => await ticksOf(Number(name))))
  const children = all.filter((one) => one?.parent === pid).reduce((sum, one) => sum + (one?.own ?? 0), 0)
  return (ticks.own + ticks.ended + children) * MS_PER_TICK
}

/** Processor time by process: Chengdu's node, Chongqing's, and PostgreSQL, which serves both, with all its backends. */
export type CpuMs = Readonly<Record<'sender' | 'receiver' | 'postgres', number | null>>

export async function cpuMsOfAll(federation: Federation): Promise<CpuMs> {
  const [sender, receiver, postgres] = await Promise.all([
    cpuMsOf(federation.node('510100').pid()),
    cpuMsOf(federation.node('500000').pid()),
    cpuMsWithChildren(federation.postgres.pid),
  ])
  return { sender, receiver, postgres }
}

export function cpuMsPer(before: CpuMs, after: CpuMs, count: number): CpuMs {
  const spent = (who: keyof CpuMs) => {
    const [from, to] = [before[who], after[who]]
    return from === null || to === null ? null : round((to - from) / count, 3)
  }
  return { sender: spent('sender'), receiver: spent('receiver'), postgres: spent('postgres') }
}

/** Fields of proc_pid_stat(5). The name of the program comes second, in parentheses, and may hold anything. */
async function ticksOf(pid: number): Promise<Ticks | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  if (text === null) return null
  const fromState = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const field = (number: number) => Number(fromState[number - 3])
  return { parent: field(4), own: field(14) + field(15), ended: field(16) + field(17) }
}
