import { readFile } from 'node:fs/promises'
import { createNode, type Node } from '@hefu/node'
import type { PublicJwk, Signer } from '@hefu/protocol'
import { EMPTY_RANGE, formatCheckpoint, formatCompactRange, formatNote, growTiles, leafHash, rangeRoot, signNote } from '@hefu/translog'
import pg from 'pg'
import type { NetworkNode } from '../../src/index.ts'

/** All that a node keeps of its log and of what the log is about. */
const TABLES = ['log_entries', 'log_heads', 'log_tiles', 'log_checkpoints', 'log_witnesses', 'receipts', 'inbox', 'documents'] as const

/** Somebody who may do everything in the node's database, and has the key of its log; the keys of the peers are elsewhere. */
export interface Tamperer extends AsyncDisposable {
  readonly client: pg.Client
  entries(): Promise<string[]>
  /**
   * Makes the log as if these had always been its entries: rows, tiles, head, and a checkpoint under the log's own key. What the witnesses
   * cosigned is kept, or taken away too.
   */
  rewrite(entries: readonly string[], options?: { readonly forgetWitnesses?: boolean; readonly sign?: boolean }): Promise<void>
  /** Puts everything back as it was. */
  restore(): Promise<void>
}

export async function openTamperer({ databaseUrl, node }: NetworkNode): Promise<Tamperer> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  // No trigger stops the owner of a database.
  await client.query('set session_replication_role = replica')
  await client.query('create schema kept')
  for (const table of TABLES) await client.query(`create table kept.${table} as select * from ${table}`)
  const { key, signer } = node.ctx.exchangeLog
  const checkpointOf = async (range: typeof EMPTY_RANGE) => {
    const text = formatCheckpoint({ origin: key.name, size: range.size, root: rangeRoot(range) })
    return formatNote({ text, signatures: [await signNote(text, key, signer)] })
  }
  return {
    client,
    async entries() {
      const { rows } = await client.query<{ entry: string }>('select entry from log_entries order by index')
      return rows.map(({ entry }) => entry)
    },
    async rewrite(entries, { forgetWitnesses = false, sign = true } = {}) {
      const { range, tiles } = growTiles(
        EMPTY_RANGE,
        entries.map((entry) => leafHash(Buffer.from(entry))),
      )
      await client.query('delete from log_entries')
      await client.query(
        `insert into log_entries (index, epoch, at, kind, digest, jti, case_number, entry)
         select n - 1, 0, timestamptz 'epoch' + (e::json->>'at')::bigint * interval '1 ms', e::json->>'kind', e::json->>'digest',
           (e::json->>'jti')::uuid, e::json->>'case', e from unnest($1::text[]) with ordinality as t (e, n)`,
        [entries],
      )
      await client.query('delete from log_tiles')
      for (const { level, index, hashes } of tiles)
        await client.query('insert into log_tiles values (0, $1, $2, $3)', [level, index, Buffer.from(hashes)])
      await client.query('update log_heads set size = $1, range = $2', [range.size, Buffer.from(formatCompactRange(range))])
      if (forgetWitnesses) await client.query('delete from log_witnesses')
      if (!sign) return
      await client.query('delete from log_checkpoints')
      await client.query('insert into log_checkpoints (epoch, size, at, note) values (0, $1, now(), $2)', [
        range.size,
        await checkpointOf(range),
      ])
    },
    async restore() {
      for (const table of TABLES) {
        await client.query(`delete from ${table}`)
        await client.query(`insert into ${table} select * from kept.${table}`)
      }
    },
    async [Symbol.asyncDispose]() {
      await client.end()
    },
  }
}

/** The local API over a node's database, for whoever had a token of that node, and nothing that works. */
export async function startReader({ databaseUrl, signer, vaultPlace, node, files }: NetworkNode, now: () => number): Promise<Node> {
  const { region, exchangeLog, access } = node.ctx
  const { keys: pins } = JSON.parse(await readFile(files.federationKeys, 'utf8')) as { keys: PublicJwk[] }
  const started = await createNode(
    {
      region,
      trust: { pins, registry: files.registry, keys: files.keys },
      logSigner: exchangeLog.signer as Signer,
      witnessSigner: exchangeLog.witnessSigner as Signer,
      actorSigner: signer,
      tokenKey: access.key,
      administrators: [],
      apiUrl: access.issuer,
      vaultPlace,
      databaseUrl,
      migrationDatabaseUrl: databaseUrl,
      sequencerDatabaseUrl: databaseUrl,
      queueUrl: databaseUrl,
      roles: ['api'],
      api: { host: '127.0.0.1', port: 0 },
      exchange: { host: '127.0.0.1', port: 0 },
      logLevel: 'silent',
    },
    { now },
  )
  await started.start()
  return started
}
