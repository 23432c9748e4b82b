import { requireScope } from '../access/require-scope.ts'
import { finishIdempotencyKey, takeIdempotencyKey } from '../cases/idempotency-store.ts'
import type { Caller, Context } from '../context.ts'
import { HefuError } from '../errors.ts'
import { logAdminChange } from '../log/log-admin-change.ts'
import { officerAgency } from '../registers/record-of.ts'
import { tellQueue } from '../tell-queue.ts'
import { uuidv7 } from '../uuid.ts'
import { importOwner } from '../vault/stored-keys.ts'
import { type ImportedRow, insertImport, insertImportRows } from './import-store.ts'
import { importTarget, importTargets, scopeOfTarget } from './import-target.ts'
import { splitRows } from './split-rows.ts'

export const MAX_IMPORT_BYTES = 64 * 1024 * 1024
export const MAX_IMPORT_ROWS = 100_000

export interface ImportRequest {
  /** Name of a register, or of a procedure whose starting document may come in batches. */
  readonly target: string
  /** NDJSON in UTF-8, whole or in pieces cut anywhere. */
  readonly lines: Uint8Array | AsyncIterable<Uint8Array | string>
  readonly idempotencyKey: string
  /** base64url SHA-256 over method, path and raw body. */
  readonly fingerprint: string
}

/**
 * Keeps the rows of an import and tells the queue; the rows are judged later, each on its own (runImport).
 * Throws HefuError: role-not-allowed, agency-not-allowed, scope-not-allowed, malformed-request (unknown target, no rows), too-large,
 * idempotency-key-busy, idempotency-key-reused; then nothing is stored.
 */
export async function createImport(
  ctx: Pick<Context, 'db' | 'vault' | 'now' | 'queue' | 'log' | 'registers' | 'procedures'>,
  caller: Caller,
  request: ImportRequest,
): Promise<{ id: string; rows: number; repeated: boolean }> {
  const agency = officerAgency(caller)
  const target = importTarget(ctx, request.target)
  if (!target) throw unknownTarget(importTargets(ctx))
  // Rows are judged later: what the caller may write at this moment, less what is taken away until then.
  requireScope(ctx, caller, scopeOfTarget(target))
  // Read and split before the transaction begins: a slow sender must not hold one open.
  const rows = limitedRows(await readContent(request.lines))
  const created = await ctx.db.transaction().execute(async (tx) => {
    const before = await takeIdempotencyKey(tx, ctx, caller, request.idempotencyKey, request.fingerprint)
    if (before) return { ...(before.result as unknown as { id: string; rows: number }), repeated: true }
    const nowMs = ctx.now()
    const id = uuidv7(nowMs)
    const key = { owner: importOwner(id), wrapped: ctx.vault.newKey(importOwner(id)) }
    await insertImport(tx, {
      id,
      target: request.target,
      client: caller.client,
      agency,
      scopes: [...caller.scopes],
      actor: caller.actor,
      state: 'queued',
      rows_total: rows.length,
      rows_done: 0,
      rows_failed: rows.filter((row) => 'failure' in row).length,
      created_at: new Date(nowMs),
      finished_at: null,
      data_key: key.wrapped,
    })
    await insertImportRows(tx, ctx.vault, key, id, rows)
    await logAdminChange(tx, ctx, caller, { action: 'import.created', subject: id })
    const result = { id, rows: rows.length }
    await finishIdempotencyKey(tx, ctx, caller, { key: request.idempotencyKey, fingerprint: request.fingerprint, result })
    return { ...result, repeated: false }
  })
  if (!created.repeated) await tellQueue(ctx, { name: 'import', import: created.id })
  return created
}

async function readContent(lines: ImportRequest['lines']): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of lines instanceof Uint8Array ? [lines] : lines) {
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece
    size += bytes.length
    if (size > MAX_IMPORT_BYTES) throw tooLarge()
    pieces.push(bytes)
  }
  const [first] = pieces
  return pieces.length === 1 && first ? Buffer.from(first.buffer, first.byteOffset, first.byteLength) : Buffer.concat(pieces)
}

function limitedRows(content: Buffer): ImportedRow[] {
  const rows: ImportedRow[] = []
  for (const row of splitRows(content)) {
    if (rows.length === MAX_IMPORT_ROWS) throw tooLarge()
    rows.push(row)
  }
  if (rows.length === 0) throw noRows()
  return rows
}

function tooLarge(): HefuError {
  return new HefuError('too-large', {
    detail: { zh: '一次导入至多 100000 行、64 MiB，请分成几个文件', en: 'An import has at most 100,000 rows and 64 MiB: split the file' },
  })
}

function noRows(): HefuError {
  return new HefuError('malformed-request', {
    detail: { zh: '文件没有任何行，每行应为一个 JSON 对象', en: 'The file has no rows: each line is one JSON object' },
  })
}

function unknownTarget(targets: readonly string[]): HefuError {
  const list = targets.join(', ')
  return new HefuError('malformed-request', {
    errors: [
      { pointer: '/target', code: 'unknown-target', zh: `导入目标须为以下之一：${list}`, en: `The target of an import is one of: ${list}` },
    ],
  })
}
