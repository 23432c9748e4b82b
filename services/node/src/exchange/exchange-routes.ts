import {
  acceptMessages,
  answerContent,
  answerHeads,
  CONTENT_REQUESTS_PATH,
  contentAnswerBody,
  HEADS_PATH,
  HefuError,
  headsAnswerSchema,
  KEYS_PATH,
  readNewestManifest,
  requireConfirmedLog,
  requireLogOrSeal,
  type Shown,
  storedClaims,
} from '@hefu/exchange'
import {
  type Answer,
  answerSchema,
  claimedIssuer,
  type Federation,
  keyOwnerAt,
  MAX_BODY_BYTES,
  MESSAGE_CONTENT_TYPE,
  MESSAGES_CONTENT_TYPE,
  type PublicJwk,
  regionById,
  splitInboxBody,
} from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import { formatVerifierKey } from '@hefu/translog'
import { z } from 'zod'
import { openApiOf } from '../http/openapi.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { logRoutes } from './log-routes.ts'

const wellKnown = z
  .object({
    region: z.string(),
    versions: z.array(z.int()),
    keys: z.array(z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string(), kid: z.string() })),
    /** Verifier keys (C2SP signed-note): of the exchange log, and of the witness. */
    log: z.string(),
    witness: z.string(),
    procedures: z.array(z.string()),
  })
  .meta({ id: 'WellKnown' })

/** What peers may call. A signature, not a token, says who speaks; before it is verified every answer is the same. */
export function exchangeRoutes(): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/exchange/v1/inbox',
      operationId: 'deliver-messages',
      tag: 'exchange',
      summary: { zh: '递交已签名的报文', en: 'Deliver signed messages' },
      rule: 'public',
      rawTypes: [MESSAGE_CONTENT_TYPE, MESSAGES_CONTENT_TYPE],
      bodyLimit: MAX_BODY_BYTES,
      reads: 'no',
      answer: {
        statuses: [200],
        description: {
          zh: '每份报文一项；一份签名回执覆盖整个请求',
          en: 'one entry per message; one signed receipt over the whole request',
        },
        // Written by this node a moment ago, thousands of hashes long; whoever receives it parses it strictly.
        schema: z.custom<Answer>(),
        documented: answerSchema,
      },
      errors: ['unverifiable', 'too-many-requests', 'malformed-request', 'unavailable', 'log-unavailable', 'log-sealed'],
      handle: async (ctx, { rawBody, contentType }) => {
        await requireConfirmedLog(ctx)
        const body = splitInboxBody(contentType, rawBody)
        if (!body.ok) throw new HefuError(codes[body.code])
        const accepted = await acceptMessages(ctx, body.tokens)
        if (accepted.status === 400) throw new HefuError(accepted.code)
        return { body: accepted.answer }
      },
    }),
    defineRoute({
      method: 'POST',
      path: CONTENT_REQUESTS_PATH,
      operationId: 'request-content',
      tag: 'exchange',
      summary: { zh: '请求删除办件内容或召回文书（已签名）', en: 'Ask, signed, for content to be erased or a document to be given back' },
      rule: 'peer',
      rawTypes: ['application/json'],
      bodyLimit: 16 * 1024,
      reads: 'no',
      answer: {
        statuses: [200],
        description: {
          zh: '签名答复：erased、held（至何时、依据）、recalled 或 refused（原因）',
          en: 'the signed answer: erased, held (until when, on which basis), recalled, or refused (why)',
        },
        schema: contentAnswerBody.meta({ id: 'ContentAnswer' }),
      },
      errors: ['malformed-request', 'unverifiable', 'conflict', 'log-unavailable', 'log-sealed'],
      handle: async (ctx, { authorization, url, rawBody }) => {
        await requireConfirmedLog(ctx)
        return { body: await answerContent(ctx, { authorization, path: url.split('?', 1)[0] as string, body: rawBody }) }
      },
    }),
    defineRoute({
      method: 'POST',
      path: HEADS_PATH,
      operationId: 'compare-heads',
      tag: 'exchange',
      summary: { zh: '核对两半：按日比较、取回、补齐', en: 'Compare both halves by day, fetch, restore' },
      rule: 'peer',
      // Signed as bytes, so read as bytes.
      rawTypes: ['application/json'],
      bodyLimit: MAX_BODY_BYTES,
      reads: (answer, { authorization }) => ('items' in answer ? { peer: claimedIssuer(authorization), ...fetchedOf(answer.items) } : null),
      answer: { statuses: [200], description: { zh: '按所问作答', en: 'what was asked for' }, schema: headsAnswerSchema },
      errors: ['malformed-json', 'malformed-request', 'log-unavailable'],
      handle: async (ctx, { authorization, url, rawBody }) => {
        await requireLogOrSeal(ctx)
        return { body: await answerHeads(ctx, { authorization, path: url.split('?', 1)[0] as string, body: rawBody }) }
      },
    }),
    ...logRoutes(),
    defineRoute({
      method: 'GET',
      path: KEYS_PATH,
      operationId: 'read-key-manifest',
      tag: 'exchange',
      summary: { zh: '本区域的密钥清单，由其根密钥签发', en: "The region's key manifest, signed by its root key" },
      rule: 'public',
      reads: 'no',
      answer: { statuses: [200], description: { zh: '密钥清单', en: 'the manifest' }, schema: z.string(), type: 'application/jwt' },
      errors: ['not-found'],
      handle: async ({ db, region, now }) => {
        const token = await readNewestManifest(db, region)
        if (token === undefined) throw new HefuError('not-found')
        // This node's own clock, so that peers see whether it is right.
        return { body: token, headers: { 'cache-control': 'no-store', date: new Date(now()).toUTCString() } }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/.well-known/hefu',
      operationId: 'describe-node',
      tag: 'exchange',
      summary: { zh: '节点的区域、版本、公钥和业务流程', en: "The node's region, versions, public keys and procedures" },
      rule: 'public',
      reads: 'no',
      answer: { statuses: [200], description: { zh: '节点', en: 'the node' }, schema: wellKnown },
      handle: async ({ region, federation, procedures, exchangeLog, now }) => ({
        body: {
          region,
          versions: [1],
          keys: keysNow(federation, region, now()),
          log: formatVerifierKey(exchangeLog.key),
          witness: formatVerifierKey(exchangeLog.witnessKey),
          procedures: procedures.map(({ name, version }) => `${name}/${version}`).sort(),
        },
      }),
    }),
  ]
}

/** Public halves of the keys that count now. */
function keysNow(federation: Federation, region: RegionId, nowMs: number): PublicJwk[] {
  const keys = regionById(federation, region)?.keys ?? []
  const now = Math.floor(nowMs / 1000)
  return keys.filter(({ kid }) => keyOwnerAt(federation, kid, now)).map(({ kty, crv, x, kid }) => ({ kty, crv, x, kid }))
}

/** The messages that a peer fetches, it has sent or was sent: the cases are its own too. */
function fetchedOf(items: readonly { readonly message: string | null }[]): Shown {
  const claims = items.flatMap(({ message }) => (message === null ? [] : [storedClaims(message)]))
  const [purpose, other] = new Set(claims.map((one) => one.purpose))
  return { cases: claims.map((one) => one.case), purpose: other === undefined ? purpose : null }
}

const codes = {
  'content-type': 'media-type',
  empty: 'malformed-request',
  'body-size': 'too-large',
  'message-size': 'too-large',
  'message-count': 'too-large',
} as const

export function exchangeDocument() {
  const info = {
    title: 'Hefu node, exchange API (合符节点 交换接口)',
    description:
      '仅供对端节点调用；报文与回执见协议第 1、2 节。 / For peers only; messages and receipts are those of the protocol, sections 1 and 2.',
  }
  return openApiOf(info, exchangeRoutes())
}
