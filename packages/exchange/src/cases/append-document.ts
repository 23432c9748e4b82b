import { randomBytes } from 'node:crypto'
import { type CaseView, nextFor, replay, seenFor } from '@hefu/procedures'
import { MAX_MESSAGE_BYTES, type MessageClaims, signMessage } from '@hefu/protocol'
import type { AgencyCode, CaseNumber, RegionId } from '@hefu/reference'
import type { Context } from '../context.ts'
import { insertRows, type Statement } from '../db/bulk.ts'
import type { DocumentRow } from '../db/schema.ts'
import { HefuError } from '../errors.ts'
import { logStatements } from '../log/pending-log-store.ts'
import { uuidv7 } from '../uuid.ts'
import { type LoadedCase, replayInput, toCaseDocument } from './loaded-case.ts'
import { requireFields } from './require-agreement.ts'

/** What an author decides about a document; the engine and the case decide the rest. */
export interface DraftDocument {
  readonly document: string
  readonly purpose: string
  readonly basis: string
  readonly data: unknown
}

export type Signing = Pick<Context, 'region' | 'signer' | 'now' | 'federation'>

/** Delivery horizon: after `exp` the receiver refuses what it has not answered before (protocol.md section 1). */
const horizonSeconds = 30 * 86_400

export interface Appended {
  /** The case with the document. */
  readonly loaded: LoadedCase
  readonly row: DocumentRow
  /** Its place in the outbox and its entry for the log; the document itself is written with the case. */
  readonly writes: Statement[]
}

/**
 * This side's next document of a locked case, signed. Refuses what the engine would call void, what the agreement does not let travel, what `check` finds wrong, and what
 * is too large to be delivered.
 * The caller runs the writes, and projects the case, in the same transaction.
 */
export async function appendDocument(ctx: Signing, loaded: LoadedCase, draft: DraftDocument): Promise<Appended> {
  const signed = await signDocument(ctx, loaded, draft)
  const row = { ...signed.row, standing: soundStanding(loaded, signed.view, signed.row) }
  const writes = deliveryStatements(ctx, row, signed.claims)
  return { loaded: { ...loaded, documents: [...loaded.documents, row], unstored: new Set([row.jti]) }, row, writes }
}

async function signDocument(
  ctx: Signing,
  loaded: LoadedCase,
  draft: DraftDocument,
): Promise<{ row: DocumentRow & { message: string }; claims: MessageClaims; view: CaseView }> {
  const { documents, facts } = replayInput(loaded)
  const before = replay(loaded.procedure, documents, facts)
  const next = nextFor(loaded.procedure, before, loaded.row.role).find((n) => n.document === draft.document)
  if (!next) throw new HefuError('not-found')
  if (!next.allowed) throw new HefuError('document-not-allowed-now', next.reason ? { detail: next.reason } : {})
  requireFields(ctx, loaded.row, draft.document, draft.data)
  const other = counterpart(loaded, ctx.region)
  const nowMs = ctx.now()
  const iat = Math.floor(nowMs / 1000)
  const claims: MessageClaims = {
    iss: ctx.region,
    aud: other.region as RegionId,
    jti: uuidv7(nowMs),
    salt: randomBytes(16).toString('base64url'),
    iat,
    exp: iat + horizonSeconds,
    procedure: `${loaded.procedure.name}/${loaded.procedure.version}`,
    document: draft.document,
    case: loaded.row.case_number as CaseNumber,
    agreement: loaded.row.agreement,
    seen: [...seenFor(documents, facts, ctx.region)],
    ...(next.answers === undefined ? {} : { answers: next.answers }),
    from: loaded.row.agency as AgencyCode,
    to: other.agency as AgencyCode,
    purpose: draft.purpose,
    basis: draft.basis,
    data: draft.data as MessageClaims['data'],
  }
  const { token, digest } = await signMessage(claims, ctx.signer)
  if (token.length > MAX_MESSAGE_BYTES) throw tooLarge(token.length)
  const row = {
    jti: claims.jti,
    iss: claims.iss,
    aud: claims.aud,
    digest,
    case_number: claims.case,
    document: claims.document,
    from_agency: claims.from,
    to_agency: claims.to,
    issued_at: new Date(iat * 1000),
    received_at: null,
    recalled_at: null,
    seen: claims.seen,
    answers: claims.answers ?? null,
    status: 'held' as const,
    refusal: null,
    message: token,
    standing: 'effective',
    standing_reason: null,
    stored_at: new Date(nowMs),
  }
  return { row, claims, view: before.view }
}

/**
 * No peer takes a longer message (protocol.md section 1), so its author is told before anything is stored. Base64url makes four
 * characters of three bytes of the document.
 */
function tooLarge(messageBytes: number): HefuError {
  const excess = Math.ceil(((messageBytes - MAX_MESSAGE_BYTES) * 3) / 4)
  return new HefuError('too-large', {
    detail: {
      zh: `文书签名后不得超过 256 KiB，即约 190 KiB 的 JSON（UTF-8）；此文书多出 ${excess} 字节。未保存、未发送任何内容，请缩短或拆分。`,
      en: `A document may have 256 KiB once it is signed, which is about 190 KiB of JSON in UTF-8; this one has ${excess} bytes too many. Nothing was stored or sent: shorten or split it.`,
    },
  })
}

/** The other side of the case: a document has one addressee. */
function counterpart(loaded: LoadedCase, region: string) {
  const other = loaded.row.participants.find((p) => p.region !== region)
  if (!other) throw new Error(`case ${loaded.row.case_number} has no other side`)
  return other
}

/** `check` is asked first, also about what replay would make void for its data: its author is told where it is wrong. */
function soundStanding(loaded: LoadedCase, view: CaseView, row: DocumentRow & { message: string }): string {
  const errors = loaded.procedure.check(view, toCaseDocument(row)).filter((finding) => finding.severity === 'error')
  if (errors.length > 0) {
    throw new HefuError('document-findings', {
      errors: errors.map(({ pointer, code, zh, en }) => ({ pointer: `/data${pointer}`, code, zh, en })),
    })
  }
  const { documents, facts } = replayInput(loaded)
  const standing = replay(loaded.procedure, [...documents, toCaseDocument(row)], facts).standings.get(row.digest)
  if (standing && 'reason' in standing) throw new HefuError('document-not-allowed-now', { detail: standing.reason })
  return standing?.standing ?? 'waiting'
}

function deliveryStatements(ctx: Signing, row: DocumentRow, claims: MessageClaims): Statement[] {
  const nowMs = ctx.now()
  const queued = insertRows('outbox', [
    {
      jti: row.jti,
      digest: row.digest,
      peer: row.aud,
      case_number: row.case_number,
      state: 'pending',
      attempts: 0,
      deferrals: 0,
      split: 0,
      bytes: row.message?.length ?? 0,
      next_attempt_at: new Date(nowMs),
      expires_at: new Date(claims.exp * 1000),
      created_at: new Date(nowMs),
    },
  ])
  return [
    queued,
    ...logStatements(nowMs, [
      {
        kind: 'message.sent',
        iss: row.iss,
        aud: row.aud,
        jti: row.jti,
        procedure: claims.procedure,
        document: row.document,
        case: row.case_number,
        digest: row.digest,
      },
    ]),
  ]
}
