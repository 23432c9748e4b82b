import { open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import pg from 'pg'
import type { TwoNodes } from './two-nodes.ts'

/** One statement as PostgreSQL ran it. */
export interface RunStatement {
  readonly user: string
  readonly ms: number
  /** Of it, what it did in the tables that were asked for. */
  readonly insideMs: number
}

export interface PlanReader extends AsyncDisposable {
  /** All statements that ended while the work went on. */
  statementsDuring(work: () => Promise<void>, isInside: (table: string) => boolean): Promise<RunStatement[]>
  /** Ids of the server's processes that work for users whose name passes. */
  backendsOf(isUser: (user: string) => boolean): Promise<number[]>
}

const SETTINGS = {
  log_line_prefix: "'[%p] %u '",
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_buffers': 'off',
  'auto_explain.log_format': 'json',
  'auto_explain.log_parameter_max_length': '0',
  session_preload_libraries: 'auto_explain',
}

/**
 * Has PostgreSQL write down how it ran each statement, of every session that begins from now on (auto_explain): writes of one step travel as
 * one statement, and only its plan tells which part of it cost what.
 */
export async function readPlans({ federation }: Pick<TwoNodes, 'federation'>): Promise<PlanReader> {
  const pool = new pg.Pool({ connectionString: federation.postgres.superuserUrl, max: 1 })
  await pool.query("load 'auto_explain'")
  for (const [name, value] of Object.entries(SETTINGS)) await pool.query(`alter system set ${name} = ${value}`)
  const { rows } = await pool.query<{ dir: string }>("select pg_reload_conf(), current_setting('data_directory') as dir")
  const file = join(dirname(rows[0]?.dir ?? ''), 'postgres.log')
  return {
    async statementsDuring(work, isInside) {
      const from = await readFrom(file, 0, ({ size }) => size)
      await work()
      return parseStatements(await readFrom(file, from, ({ text }) => text), isInside)
    },
    async backendsOf(isUser) {
      const sessions = await pool.query<{ pid: number; user: string | null }>('select pid, usename as user from pg_stat_activity')
      return sessions.rows.filter(({ user }) => user !== null && isUser(user)).map(({ pid }) => pid)
    },
    [Symbol.asyncDispose]: async () => await pool.end(),
  }
}

async function readFrom<T>(file: string, from: number, of: (read: { readonly size: number; readonly text: string }) => T): Promise<T> {
  await using handle = await open(file, 'r')
  const { size } = await handle.stat()
  const bytes = Buffer.alloc(size - from)
  await handle.read(bytes, 0, bytes.length, from)
  return of({ size, text: bytes.toString('utf8') })
}

/** A line with user and duration, and the plan in the lines after it, which begin with a tab. */
function parseStatements(log: string, isInside: (table: string) => boolean): RunStatement[] {
  const found = log.matchAll(/^\[\d+\] (\S*) LOG: {2}duration: ([\d.]+) ms {2}plan:\n((?:\t.*\n)+)/gm)
  return [...found].map(([, user = '', ms = '', plan = '']) => ({
    user,
    ms: Number(ms),
    insideMs: msInside((JSON.parse(plan) as { readonly Plan: PlanNode }).Plan, isInside),
  }))
}

interface PlanNode {
  readonly 'Relation Name'?: string
  readonly 'Actual Total Time'?: number
  readonly 'Actual Loops'?: number
  readonly Plans?: readonly PlanNode[]
}

/** The time of a node holds that of all nodes below it. */
function msInside(node: PlanNode, isInside: (table: string) => boolean): number {
  const table = node['Relation Name']
  if (table !== undefined && isInside(table)) return (node['Actual Total Time'] ?? 0) * (node['Actual Loops'] ?? 0)
  return (node.Plans ?? []).reduce((sum, below) => sum + msInside(below, isInside), 0)
}
