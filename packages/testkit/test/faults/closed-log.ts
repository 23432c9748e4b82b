import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseFederation, policiesOf } from '@hefu/protocol'
import { formatPolicies, parsePolicies } from '@hefu/translog'
import pg from 'pg'
import { expect } from 'vitest'
import type { Federation } from '../../src/index.ts'
import { hefuAudit } from '../federation/audit-command.ts'

/**
 * An auditor who comes after a log was closed and its successor opened: exports both through the API, and verifies that the one takes up
 * where the other ended; then once more, after somebody with full access to the database has been at the closed one.
 */
export async function auditClosedLog(federation: Federation, region: string): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'hefu-closed-log-'))
  const trust = await writeTrust(dir, federation, region)
  const { api, tokens, databaseUrl } = federation.node(region)
  const exported = async (name: string, ...more: string[]) => {
    const { status, report } = await hefuAudit(['export', '--api', api, '--token', tokens.auditor, '--out', join(dir, name), ...more])
    expect(status).toBe(0)
    return report
  }
  const verified = async (previous: string) => {
    const { status, report } = await hefuAudit(['verify', join(dir, 'live'), '--previous', join(dir, previous), ...trust])
    return { status, codes: (report.findings as { code: string }[]).map(({ code }) => code), previous: report.previous }
  }

  const closed = await exported('closed', '--epoch', '0')
  const live = await exported('live')
  expect([closed.epoch, live.epoch, live.origin]).toEqual([0, 1, `${closed.origin}/1`])
  expect(Number(closed.receipts)).toBeGreaterThan(0)
  const sound = { origin: closed.origin, epoch: 0, size: closed.size, ok: true }
  expect(await verified('closed')).toEqual({ status: 0, codes: [], previous: sound })
  const none = await hefuAudit(['export', '--api', api, '--token', tokens.auditor, '--out', join(dir, 'none'), '--epoch', '2'])
  expect([none.status, none.stderr]).toEqual([2, expect.stringContaining('no log of epoch 2')])

  await alterFirstMessage(databaseUrl)
  await exported('altered', '--epoch', '0')
  const altered = await verified('altered')
  expect([altered.status, altered.previous]).toEqual([1, { ...sound, ok: false }])
  expect(altered.codes).toEqual(expect.arrayContaining(['previous-unverified']))
  const { report } = await hefuAudit(['verify', join(dir, 'altered'), ...trust])
  expect((report.findings as { code: string }[]).map(({ code }) => code)).toContain('root-differs')
  await rm(dir, { recursive: true })
}

/** The keys of the closed log are in no federation file any more: an auditor has kept them. */
async function writeTrust(dir: string, federation: Federation, region: string): Promise<readonly string[]> {
  const kept = parsePolicies(await readFile(federation.policy))
  const file = federation.node(region).files.federation
  const now = parseFederation(JSON.parse(await readFile(file, 'utf8')))
  if (!kept.ok || !now.ok) throw new Error('no policy')
  const known = new Set(kept.value.map(({ log }) => log.name))
  const opened = policiesOf(now.federation).filter(({ log }) => !known.has(log.name))
  const policy = join(dir, 'policy')
  await writeFile(policy, formatPolicies([...kept.value, ...opened]))
  return ['--policy', policy, '--federation', file]
}

/** With its leaf, so that only the trees above it still know. No trigger stops the owner of a database. */
async function alterFirstMessage(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    await client.query('set session_replication_role = replica')
    const { rows } = await client.query<{ index: string }>(`update log_entries set entry = replace(entry, '"notice"', '"filing"')
      where epoch = 0 and index = (select min(index) from log_entries where epoch = 0 and kind = 'message.sent') returning index`)
    await client.query(
      `update log_tiles t set hashes = overlay(hashes placing sha256('\\x00'::bytea || convert_to(e.entry, 'UTF8'))
         from (e.index % 256 * 32 + 1)::int) from log_entries e
       where e.epoch = 0 and e.index = $1 and t.epoch = 0 and t.level = 0 and t.index = e.index / 256`,
      [rows[0]?.index],
    )
  } finally {
    await client.end()
  }
}
