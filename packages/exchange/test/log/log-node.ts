import type { LogFact } from '@hefu/protocol'
import { EMPTY_RANGE, growTiles, leafHash, parseCheckpointNote, rangeRoot, readCompactRange, verifyLogSignature } from '@hefu/translog'
import type { Kysely } from 'kysely'
import { expect } from 'vitest'
import type { Logins } from '../../../testkit/src/postgres/logins.ts'
import type { Context } from '../../src/context.ts'
import { migrate } from '../../src/db/migrate.ts'
import { openDatabase } from '../../src/db/open-database.ts'
import type { Database, LogEntryRow } from '../../src/db/schema.ts'
import { insertFirstHead, type LogHead, readHead, tilesOf } from '../../src/log/log-store.ts'
import { logStatements } from '../../src/log/pending-log-store.ts'
import { openNodeContext } from '../registers/node-context.ts'

export interface LogNode extends AsyncDisposable {
  /** Its database is the application's login. */
  readonly ctx: Context
  readonly lines: string[]
  /** The sequencer's login, and the owner's. */
  readonly sequencer: Kysely<Database>
  readonly owner: Kysely<Database>
  /** Where the log stands, begun if need be. */
  head(): Promise<LogHead>
  /** Commits these as the application does. */
  write(...facts: readonly LogFact[]): Promise<void>
  /** As many different facts. */
  fill(count: number): Promise<void>
}

/** A node of Chongqing on its three logins, without a process and without a running sequencer. */
export async function openLogNode(logins: Logins): Promise<LogNode> {
  await migrate(logins.migrationDatabaseUrl, { logins: { application: logins.databaseUrl, sequencer: logins.sequencerDatabaseUrl } })
  const opened = await openNodeContext(logins.databaseUrl)
  // Its peer is not there, so the log has no witness: like that of a federation of one.
  const node = { ...opened, ctx: { ...opened.ctx, exchangeLog: { ...opened.ctx.exchangeLog, policy: undefined } } }
  const open = (url: string) => openDatabase({ url, poolSize: 4, onError: () => {} })
  const [sequencer, owner] = [open(logins.sequencerDatabaseUrl), open(logins.migrationDatabaseUrl)]
  const { ctx, lines } = node
  const write = async (facts: readonly LogFact[]) => {
    for (const statement of logStatements(ctx.now(), facts)) await statement.execute(ctx.db)
  }
  return {
    ctx,
    lines,
    sequencer,
    owner,
    async head() {
      await insertFirstHead(sequencer, ctx.exchangeLog.origin)
      const head = await readHead(sequencer)
      if (head === undefined) throw new Error('no head')
      return head
    },
    write: async (...facts) => await write(facts),
    fill: async (count) =>
      await write(Array.from({ length: count }, (_, n) => ({ kind: 'registry', version: n + 1, digest: digestOf(n) }))),
    async [Symbol.asyncDispose]() {
      await Promise.all([sequencer.destroy(), owner.destroy()])
      await opened[Symbol.asyncDispose]()
    },
  }
}

export function digestOf(n: number): string {
  const bytes = Buffer.alloc(32)
  bytes.writeUInt32BE(n)
  return bytes.toString('base64url')
}

/**
 * Recomputes the whole log from the bytes of its entries: no gap and no double in the indexes, the tiles are theirs, and the newest
 * checkpoint is the log's signature over exactly these. Returns the entries.
 */
export async function expectWholeLog({ ctx, owner }: Pick<LogNode, 'ctx' | 'owner'>): Promise<LogEntryRow[]> {
  const entries = await owner.selectFrom('log_entries').selectAll().orderBy('index').execute()
  expect(entries.map(({ index }) => Number(index))).toEqual(entries.map((_, at) => at))
  const { tiles, range } = growTiles(
    EMPTY_RANGE,
    entries.map(({ entry }) => leafHash(Buffer.from(entry))),
  )
  const stored = await owner.selectFrom('log_tiles').selectAll().orderBy('level').orderBy('index').execute()
  expect(stored.map(({ level, index, hashes }) => [level, Number(index), hashes.toString('hex')])).toEqual(
    tiles.map(({ level, index, hashes }) => [level, index, Buffer.from(hashes).toString('hex')]),
  )
  const head = await readHead(owner)
  expect(head?.range).toEqual(range)
  expect(await readCompactRange(entries.length, tilesOf(owner, 0))).toEqual(range)
  const [newest] = await owner.selectFrom('log_checkpoints').selectAll().orderBy('size', 'desc').limit(1).execute()
  const note = parseCheckpointNote(newest?.note ?? '')
  if (!note.ok) throw new Error(note.code)
  const signed = verifyLogSignature(note.value, ctx.exchangeLog.key)
  expect(signed.ok && signed.value.checkpoint).toEqual({
    origin: ctx.exchangeLog.origin,
    size: entries.length,
    root: rangeRoot(range),
    extensions: [],
  })
  return entries
}
