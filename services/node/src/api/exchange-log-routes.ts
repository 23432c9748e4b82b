import { Readable } from 'node:stream'
import { exportReceipts, listLogEntries, offerExport, readConsistency, readLogCheckpoint, readLogEntry, readLogTile } from '@hefu/exchange'
import { exportOffer, logEntryKinds } from '@hefu/protocol'
import { z } from 'zod'
import { linkHeader, pageOf, pageQuery } from '../http/paging.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { caseNumber, digest, filterInstant, instant, region } from './schemas.ts'

const shownSize = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER }
/** Numbers in a path or query arrive as text; up to 2^53 - 1. */
const size = z
  .string()
  .regex(/^(?:0|[1-9]\d{0,15})$/)
  .refine((text) => Number.isSafeInteger(Number(text)))
  .meta({ shownAs: shownSize })
/** No consistency proof begins at the empty tree: every tree begins with that. */
const provableSize = size.refine((text) => text !== '0').meta({ shownAs: { ...shownSize, minimum: 1 } })
const epoch = z
  .string()
  .regex(/^\d{1,5}$/)
  .refine((text) => Number(text) <= 32_767)
  .meta({ shownAs: { type: 'integer', minimum: 0, maximum: 32_767 } })
const ofEpoch = { epoch: epoch.optional() }
const epochOf = (query: { readonly epoch?: string | undefined }) => (query.epoch === undefined ? undefined : Number(query.epoch))
const note = z.string()
const checkpoint = z.object({ origin: z.string(), epoch: z.int(), size: z.int(), at: instant, note }).meta({ id: 'LogCheckpoint' })
const head = checkpoint.extend({ witnessed: checkpoint.nullable() }).meta({ id: 'LogHead' })

const entry = z
  .object({
    index: z.int(),
    epoch: z.int(),
    at: instant,
    kind: z.string(),
    peer: region.nullable(),
    procedure: z.string().nullable(),
    caseNumber: z.string().nullable(),
    jti: z.string().nullable(),
    digest: digest.nullable(),
    entry: z.string(),
  })
  .meta({ id: 'LogEntry' })
const provenEntry = entry.extend({ proof: z.string(), witnessed: z.boolean() }).meta({ id: 'ProvenLogEntry' })

const tree = z.object({ size: z.int(), root: z.string() })
const consistency = z
  .object({ origin: z.string(), epoch: z.int(), from: tree, to: tree, proof: z.array(z.string()) })
  .meta({ id: 'LogConsistency' })

const bytes = z.unknown().meta({ shownAs: { type: 'string', format: 'binary' } })
const lines = z.unknown().meta({ shownAs: { type: 'string' } })

const common = { method: 'GET', tag: 'exchange-log', rule: ['auditor'], scope: 'exchange-log:read' } as const

/** The exchange log for auditors (protocol.md section 4): read only, and every read is an entry of it. */
export function exchangeLogRoutes(): Route[] {
  return [checkpointRoute(), entriesRoute(), entryRoute(), consistencyRoute(), ...tileRoutes(), receiptsRoute(), exportRoute()]
}

function checkpointRoute(): Route {
  return defineRoute({
    ...common,
    path: '/v1/exchange-log/checkpoint',
    operationId: 'read-log-checkpoint',
    summary: { zh: '最新检查点，及最近获足数联署的检查点', en: 'The newest checkpoint, and the newest that a quorum cosigned' },
    query: z.strictObject(ofEpoch),
    reads: () => ({}),
    answer: { statuses: [200], description: { zh: '检查点（C2SP 签名笔记）', en: 'checkpoints (C2SP signed notes)' }, schema: head },
    errors: ['not-found'],
    handle: async (ctx, { query }) => ({ body: await readLogCheckpoint(ctx, epochOf(query)) }),
  })
}

function entriesRoute(): Route {
  return defineRoute({
    ...common,
    path: '/v1/exchange-log/entries',
    operationId: 'list-log-entries',
    summary: { zh: '列出日志条目', en: 'List entries of the log' },
    query: z.strictObject({
      from: filterInstant.optional(),
      to: filterInstant.optional(),
      kind: z.enum(logEntryKinds as [string, ...string[]]).optional(),
      peer: z
        .string()
        .regex(/^\d{6}$/)
        .optional(),
      procedure: z
        .string()
        .regex(/^[a-z][a-z0-9-]{0,63}\/[1-9][0-9]{0,5}$/)
        .meta({ examples: ['violation-notice/1'] })
        .optional(),
      case: caseNumber.optional(),
      digest: z
        .string()
        .regex(/^[A-Za-z0-9_-]{43}$/)
        .optional(),
      ...ofEpoch,
      ...pageQuery,
    }),
    reads: ({ items }) => ({ cases: items.flatMap((one) => one.caseNumber ?? []) }),
    answer: {
      statuses: [200],
      description: { zh: '条目，新的在前', en: 'entries, newest first' },
      schema: z.object({ items: z.array(entry) }),
      headers: linkHeader,
    },
    errors: ['cursor-invalid', 'not-found'],
    handle: async (ctx, request) => {
      const { case: ofCase, from, to, kind, peer, procedure, digest: ofDigest } = request.query
      const filter = { from, to, kind, peer, procedure, caseNumber: ofCase, digest: ofDigest, epoch: epochOf(request.query) }
      return await pageOf(
        request,
        z.int().min(0),
        async (page) => await listLogEntries(ctx, { ...filter, ...page }),
        (item) => item,
      )
    },
  })
}

function entryRoute(): Route {
  return defineRoute({
    ...common,
    path: '/v1/exchange-log/entries/{index}',
    operationId: 'read-log-entry',
    summary: { zh: '读取一条及其包含证明', en: 'Read an entry with its inclusion proof' },
    params: z.strictObject({ index: size }),
    query: z.strictObject(ofEpoch),
    reads: ({ caseNumber: ofCase }) => ({ cases: ofCase === null ? [] : [ofCase] }),
    answer: {
      statuses: [200],
      description: {
        zh: '条目及 .tlog-proof；witnessed 为 false 时尚无足数联署的检查点覆盖此条目',
        en: 'the entry and its .tlog-proof; `witnessed` is false while no checkpoint with a quorum covers it',
      },
      schema: provenEntry,
    },
    handle: async (ctx, { params, query }) => ({ body: await readLogEntry(ctx, Number(params.index), epochOf(query)) }),
  })
}

function consistencyRoute(): Route {
  return defineRoute({
    ...common,
    path: '/v1/exchange-log/consistency',
    operationId: 'prove-log-consistency',
    summary: { zh: '两个大小之间的一致性证明', en: 'Consistency proof between two sizes' },
    query: z.strictObject({ from: provableSize, to: provableSize, ...ofEpoch }),
    reads: () => ({}),
    answer: {
      statuses: [200],
      description: { zh: '两个根和证明，均为 base64（RFC 6962 §2.1.2）', en: 'both roots and the proof, base64 (RFC 6962 section 2.1.2)' },
      schema: consistency,
    },
    errors: ['not-found'],
    handle: async (ctx, { query }) => ({
      body: await readConsistency(ctx, { from: Number(query.from), to: Number(query.to), epoch: epochOf(query) }),
    }),
  })
}

function tileRoutes(): Route[] {
  const tile = (path: 'tiles' | 'bundles', prefix: string, operationId: string, summary: { zh: string; en: string }) =>
    defineRoute({
      ...common,
      path: `/v1/exchange-log/${path}/{tile}`,
      restOfPath: true,
      operationId,
      summary,
      params: z.strictObject({ tile: z.string().min(1).max(64) }),
      query: z.strictObject(ofEpoch),
      reads: () => ({}),
      answer: {
        statuses: [200],
        description: { zh: 'C2SP tlog-tiles 所定的字节', en: 'bytes as in C2SP tlog-tiles' },
        schema: bytes,
        type: 'application/octet-stream',
      },
      handle: async (ctx, { params, query }) => ({ body: Buffer.from(await readLogTile(ctx, `${prefix}${params.tile}`, epochOf(query))) }),
    })
  return [
    tile('tiles', '', 'read-log-tile', { zh: '哈希瓦片 <L>/<N>[.p/<W>]', en: 'Hash tile <L>/<N>[.p/<W>]' }),
    tile('bundles', 'entries/', 'read-log-bundle', { zh: '条目包 <N>[.p/<W>]', en: 'Entry bundle <N>[.p/<W>]' }),
  ]
}

function receiptsRoute(): Route {
  return defineRoute({
    ...common,
    path: '/v1/exchange-log/receipts',
    operationId: 'export-receipts',
    summary: { zh: '导出回执，每行一份（NDJSON）', en: 'Export receipts, one per line (NDJSON)' },
    query: z.strictObject({
      after: z
        .string()
        .regex(/^[A-Za-z0-9_-]{43}$/)
        .optional(),
      ...ofEpoch,
    }),
    reads: () => ({}),
    answer: {
      statuses: [200],
      description: {
        zh: '回执及其树中的报文，按日志条目的次序；从 after 所指的回执之后开始',
        en: 'receipts with the messages of their trees, in the order of their entries, from the one after `after`',
      },
      schema: lines,
      type: 'application/x-ndjson',
      headers: linkHeader,
    },
    errors: ['not-found'],
    handle: async (ctx, { query }) => {
      const { next, lines: body } = await exportReceipts(ctx, { epoch: epochOf(query), after: query.after })
      const more = `after=${next}${query.epoch === undefined ? '' : `&epoch=${query.epoch}`}`
      const headers = next === null ? {} : { link: `</v1/exchange-log/receipts?${more}>; rel="next"` }
      return { body: Readable.from(body, { objectMode: false }), headers }
    },
  })
}

function exportRoute(): Route {
  return defineRoute({
    ...common,
    path: '/v1/exchange-log/export',
    operationId: 'offer-log-export',
    summary: { zh: '导出所依据的检查点', en: 'What an export is pinned to' },
    query: z.strictObject(ofEpoch),
    reads: () => ({}),
    answer: {
      statuses: [200],
      description: {
        zh: '检查点、各见证方最近联署的检查点、本节点为别的日志联署的检查点，以及先前的日志',
        en: 'the checkpoint, the newest one cosigned by each witness, those of other logs that this node cosigned, and earlier logs',
      },
      schema: exportOffer.meta({ id: 'LogExport' }),
    },
    errors: ['not-found'],
    handle: async (ctx, { query }) => ({ body: await offerExport(ctx, epochOf(query)) }),
  })
}
