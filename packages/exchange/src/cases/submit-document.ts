import { type Procedure, startingDocument } from '@hefu/procedures'
import { requireCaseScope } from '../access/require-scope.ts'
import type { Caller, Context } from '../context.ts'
import type { Tx } from '../db/bulk.ts'
import type { DocumentRow } from '../db/schema.ts'
import { transact } from '../db/transact.ts'
import { HefuError } from '../errors.ts'
import { auditStatement } from '../log/audit-store.ts'
import { requireLog } from '../log/require-log.ts'
import { documentSubmitted } from '../telemetry.ts'
import { tellQueue } from '../tell-queue.ts'
import { requireRegistry } from '../trust/require-registry.ts'
import { appendDocument } from './append-document.ts'
import { caseEtag } from './case-etag.ts'
import { loadCases, lockCases, readCaseRow } from './case-store.ts'
import { idempotencyStatement, takeIdempotencyKey } from './idempotency-store.ts'
import type { LoadedCase } from './loaded-case.ts'
import { openCase } from './open-case.ts'
import { projectCases } from './project-cases.ts'
import { requireContent } from './read-case.ts'
import { requireAgreement } from './require-agreement.ts'
import { requireShape } from './versions.ts'

export interface SubmitBody {
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly purpose: string
  readonly basis: string
  /** Parsed by the document's schema already. */
  readonly data: unknown
}

export interface SubmitRequest {
  readonly caller: Caller
  readonly idempotencyKey: string
  /** base64url SHA-256 over method, path, If-Match and raw body. */
  readonly fingerprint: string
  /** Of a procedure, any version that the node runs. */
  readonly target:
    | { readonly open: Procedure }
    | { readonly procedure: Procedure; readonly caseNumber: string; readonly document: string; readonly ifMatch: string }
  readonly body: SubmitBody
}

export interface Submitted {
  readonly caseNumber: string
  readonly procedure: string
  readonly version: number
  readonly document: {
    readonly id: string
    readonly document: string
    readonly by: string
    readonly issuedAt: string
    readonly digest: string
  }
  /** Unquoted. */
  readonly etag: string
  /** True when this answers a request that was finished before. */
  readonly repeated: boolean
}

type SubmitContext = Pick<
  Context,
  'region' | 'db' | 'queue' | 'federation' | 'procedures' | 'vault' | 'signer' | 'now' | 'log' | 'metrics' | 'logState'
>

/**
 * Opens a case or adds a document to one: one transaction, nothing sent before it is committed (house.md, Life of one document).
 * Throws HefuError; then nothing is stored.
 */
export async function submitDocument(ctx: SubmitContext, request: SubmitRequest): Promise<Submitted> {
  requireRegistry(ctx, { opensCase: 'open' in request.target })
  await requireLog(ctx)
  const { submitted, peer } = await withFreeNumber(() => transact(ctx.db, async (tx) => await submit(tx, ctx, request)))
  if (submitted.repeated) return submitted
  documentSubmitted(ctx, submitted, peer)
  // Not waited for: what is committed is submitted, and the sweep delivers what the queue was not told of.
  void tellQueue(ctx, { name: 'deliver', peer })
  return submitted
}

/** A case number is minted at random: when it is taken, nothing was stored, and the next try mints another. */
async function withFreeNumber<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      const taken = error instanceof Error && 'constraint' in error && error.constraint === 'cases_pkey'
      if (!taken || tries === 5) throw error
    }
  }
}

async function submit(tx: Tx, ctx: SubmitContext, request: SubmitRequest): Promise<{ submitted: Submitted; peer: string }> {
  const { caller, body, target } = request
  const before = await takeIdempotencyKey(tx, ctx, caller, request.idempotencyKey, request.fingerprint)
  if (before) return { submitted: await repeat(tx, ctx, before), peer: '' }
  const opened = 'open' in target ? openCase(ctx, caller, target.open, body) : await lockCase(tx, ctx, caller, target, body)
  const document = 'open' in target ? startingDocument(opened.procedure) : target.document
  requireShape(ctx, opened.procedure, document, body)
  const { loaded, row, writes } = await appendDocument(ctx, opened, { document, purpose: body.purpose, basis: body.basis, data: body.data })
  const [projected] = await projectCases(
    tx,
    ctx,
    [loaded],
    [
      ...writes,
      auditStatement(ctx, caller, { action: `document.${document}`, caseNumber: row.case_number, subject: row.digest }),
      idempotencyStatement(ctx, caller, {
        key: request.idempotencyKey,
        fingerprint: request.fingerprint,
        caseNumber: row.case_number,
        jti: row.jti,
      }),
    ],
  )
  if (projected) requireCaseScope(caller, projected.loaded.row, 'write')
  // What this very document would hand over, another case has handed over already.
  const taken = projected?.conflicts.find((conflict) => conflict.digest === row.digest)
  if (taken) throw new HefuError('conflict', { detail: taken.title })
  return { submitted: render(loaded, row, false), peer: row.aud }
}

async function lockCase(
  tx: Tx,
  ctx: SubmitContext,
  caller: Caller,
  target: { procedure: Procedure; caseNumber: string; document: string; ifMatch: string },
  body: SubmitBody,
): Promise<LoadedCase> {
  const [row] = await lockCases(tx, [target.caseNumber])
  if (!row || row.procedure !== target.procedure.name || row.agency !== caller.agency) throw new HefuError('not-found')
  requireCaseScope(caller, row, 'write')
  requireContent(row)
  const [loaded] = await loadCases(tx, ctx, [row])
  if (!loaded) throw new HefuError('not-found')
  if (target.ifMatch !== caseEtag(loaded.documents)) throw new HefuError('if-match-failed')
  if (body.from !== undefined && body.from !== row.agency) throw new HefuError('agency-not-allowed')
  requireAgreement(ctx, row, body)
  return loaded
}

async function repeat(tx: Tx, ctx: SubmitContext, before: { case_number: string | null; jti: string | null }): Promise<Submitted> {
  const row = before.case_number === null ? undefined : await readCaseRow(tx, before.case_number)
  const [loaded] = row ? await loadCases(tx, ctx, [row]) : []
  const document = loaded?.documents.find((d) => d.jti === before.jti && d.iss === ctx.region)
  if (!loaded || !document) throw new HefuError('idempotency-key-reused')
  return render(loaded, document, true)
}

function render(loaded: LoadedCase, row: DocumentRow, repeated: boolean): Submitted {
  return {
    caseNumber: row.case_number,
    procedure: loaded.procedure.name,
    version: loaded.procedure.version,
    document: { id: row.jti, document: row.document, by: row.iss, issuedAt: row.issued_at.toISOString(), digest: row.digest },
    etag: caseEtag(loaded.documents),
    repeated,
  }
}
