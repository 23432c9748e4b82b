import {
  answerAddCheckpoint,
  answerProof,
  answerReads,
  type Context,
  HefuError,
  LOG_PATH,
  MAX_PROOFS,
  showCheckpoint,
  showTile,
  WITNESS_PATH,
} from '@hefu/exchange'
import { claimedIssuer, logEntryKinds, parseLogEntry, UUID_V7 } from '@hefu/protocol'
import { MAX_ADD_CHECKPOINT_BYTES, SIZE_CONTENT_TYPE } from '@hefu/translog'
import { z } from 'zod'
import { defineRoute, type Route } from '../http/route.ts'

const tag = 'log'
const TEXT = 'text/plain; charset=utf-8'
const TILE = 'application/octet-stream'

const jti = z.string().regex(UUID_V7)
const proofQuery = z.strictObject({
  kind: z.enum(logEntryKinds as [string, ...string[]]),
  iss: z.string().regex(/^\d{6}$/),
  jti: z.union([jti, z.array(jti).min(1).max(MAX_PROOFS)]),
  head: z.literal('first').exactOptional(),
})
const proof = z.object({ entry: z.string(), proof: z.string() }).meta({ id: 'EntryProof' })
const proofs = proof.extend({ more: z.array(proof).optional() }).meta({ id: 'EntryProofs' })

/** The exchange log as peers see it (protocol.md section 4). What is signed in itself needs no signed request. */
export function logRoutes(): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: `${LOG_PATH}/checkpoint`,
      operationId: 'read-checkpoint',
      tag,
      summary: { zh: '最新的、经多数见证方见证的检查点', en: 'The newest checkpoint that a quorum has witnessed' },
      rule: 'public',
      reads: 'no',
      answer: { statuses: [200], description: { zh: '检查点', en: 'the checkpoint' }, schema: z.string(), type: TEXT },
      errors: ['not-found'],
      handle: async (ctx) => ({ body: await showCheckpoint(ctx), headers: { 'cache-control': 'no-store' } }),
    }),
    defineRoute({
      method: 'GET',
      path: `${LOG_PATH}/tile/{tile}`,
      restOfPath: true,
      operationId: 'read-tile',
      tag,
      summary: { zh: '哈希块：<L>/<N>[.p/<W>]', en: 'A hash tile: <L>/<N>[.p/<W>]' },
      rule: 'public',
      params: z.strictObject({ tile: z.string().max(64) }),
      reads: 'no',
      answer: { statuses: [200], description: { zh: '哈希，每个 32 字节', en: 'hashes of 32 bytes each' }, type: TILE },
      errors: ['unavailable'],
      handle: async (ctx, { params }) => {
        const { bytes, full } = await showTile(ctx, params.tile)
        // A full tile never changes; of a partial one this width neither, but nobody asks for it again.
        const cached = full ? { 'cache-control': 'public, max-age=31536000, immutable' } : {}
        return { body: Buffer.from(bytes), headers: cached }
      },
    }),
    defineRoute({
      method: 'GET',
      path: `${LOG_PATH}/proof`,
      operationId: 'prove-entries',
      tag,
      summary: { zh: '当事区域所需的日志记录及其包含证明', en: 'Entries and their inclusion proofs, for a region that is a party of them' },
      rule: 'peer',
      query: proofQuery,
      reads: (answer, { authorization }) => ({
        peer: claimedIssuer(authorization),
        cases: [answer, ...(answer.more ?? [])].flatMap(caseOf),
      }),
      answer: { statuses: [200], description: { zh: '记录原文与证明', en: 'the exact entry and its proof' }, schema: proofs },
      errors: ['not-found', 'log-unavailable', 'log-sealed'],
      handle: async (ctx, { authorization, url, query }) => ({
        body: await answerProof(
          ctx,
          { authorization, path: url.split('?', 1)[0] as string },
          { kind: query.kind, iss: query.iss, jtis: [query.jti].flat(), head: query.head },
        ),
      }),
    }),
    defineRoute({
      method: 'GET',
      path: `${LOG_PATH}/reads`,
      operationId: 'prove-reads',
      tag,
      summary: { zh: '谁在此读取过请求方区域的数据，及其包含证明', en: "Who read the asking region's data here, with inclusion proofs" },
      rule: 'peer',
      query: z.strictObject({ from: z.iso.datetime(), to: z.iso.datetime() }),
      reads: (_, { authorization }) => ({ peer: claimedIssuer(authorization) }),
      answer: {
        statuses: [200],
        description: { zh: '记录原文与证明，新的在前', en: 'the exact entries and their proofs, newest first' },
        schema: z.object({ reads: z.array(proof), more: z.boolean() }).meta({ id: 'ReadProofs' }),
      },
      errors: ['log-unavailable', 'log-sealed'],
      handle: async (ctx, { authorization, url, query }) => ({
        body: await answerReads(
          ctx,
          { authorization, path: url.split('?', 1)[0] as string },
          { from: new Date(query.from), to: new Date(query.to) },
        ),
      }),
    }),
    defineRoute({
      method: 'POST',
      path: WITNESS_PATH,
      operationId: 'add-checkpoint',
      tag,
      summary: { zh: '请求见证新的检查点（C2SP tlog-witness）', en: 'Ask for the cosignature of a new checkpoint (C2SP tlog-witness)' },
      rule: 'public',
      rawTypes: ['*/*'],
      bodyLimit: MAX_ADD_CHECKPOINT_BYTES,
      reads: 'no',
      answer: {
        statuses: [200, 400, 403, 404, 409, 422],
        description: {
          zh: `200：见证签名行；400：格式不符；403：没有有效的日志签名；404：未知的日志；409：已记录的大小（${SIZE_CONTENT_TYPE}）；422：与已见证的历史不符`,
          en: `200: cosignature lines; 400: malformed; 403: no good signature of the log; 404: unknown log; 409: the recorded size (${SIZE_CONTENT_TYPE}); 422: does not continue the recorded history`,
        },
        schema: z.string(),
        type: TEXT,
      },
      errors: ['too-many-requests'],
      handle: addCheckpoint,
    }),
  ]
}

async function addCheckpoint(ctx: Context, { rawBody }: { readonly rawBody: Buffer }) {
  if (rawBody.length === 0) throw new HefuError('malformed-request')
  const { status, contentType, body } = await answerAddCheckpoint(ctx, rawBody)
  // What a log has signed is nobody's guess, even where it is refused.
  return { status, body, headers: { 'content-type': contentType }, fromStranger: [400, 403, 404].includes(status) }
}

function caseOf({ entry }: { readonly entry: string }): string[] {
  const parsed = parseLogEntry(Buffer.from(entry))
  return parsed.ok && 'case' in parsed.entry ? [parsed.entry.case] : []
}
