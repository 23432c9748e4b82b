import type { Procedure } from '@hefu/procedures'
import {
  type Agreement,
  agreementByName,
  type KnownClaims,
  keyOwner,
  type MessageClaims,
  type ReceiptedOutcome,
  verifyAnswer,
  verifyMessage,
} from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import type { Context } from '../context.ts'
import type { NewArrival } from '../inbox/arrival-rows.ts'
import type { Item } from './heads-schemas.ts'

/** Why an item is not taken back. All but the first two say that the peer sent something that proves nothing. */
export type ItemRefusal = 'content-not-held' | 'not-installed' | 'parties' | 'message' | 'receipt'

export interface ProvenItem {
  /** The region that received the message and signed the receipt. */
  readonly receiver: RegionId
  readonly arrival: NewArrival
  readonly claims: KnownClaims
  readonly proof: ReceiptedOutcome
}

export type VerifiedItem = { readonly ok: true; readonly item: ProvenItem } | { readonly ok: false; readonly why: ItemRefusal }

/**
 * What the peer hands over is believed only as far as it proves itself: the sender's signature on the message and the
 * receiver's on the receipt, one of the two this node's own, and the path from the message's leaf to the signed root. The
 * peer can thus give back what was exchanged, and nothing else.
 */
export async function verifyItem(
  ctx: Pick<Context, 'region' | 'federation' | 'procedures'>,
  peer: string,
  item: Item,
): Promise<VerifiedItem> {
  const receiver = otherSide(ctx.region, peer, item.iss)
  if (receiver === undefined) return refused('parties')
  if (item.message === null) return refused('content-not-held')
  const lookUpKey = (kid: string) => keyOwner(ctx.federation, kid)
  const message = verifyMessage(item.message, lookUpKey)
  if (!message.ok || message.region !== item.iss || message.jti !== item.jti || message.digest !== item.digest) return refused('message')
  const claims = message.claims.ok ? message.claims.claims : message.claims.known
  if (claims.aud !== receiver) return refused('parties')
  const proof = await proofOf(item, receiver, lookUpKey)
  if (proof === undefined) return refused('receipt')
  const verdict = verdictOf(ctx, item, message.claims)
  if (typeof verdict === 'string') return refused(verdict)
  return {
    ok: true,
    item: {
      receiver,
      claims,
      proof,
      arrival: { token: item.message, jti: item.jti, digest: item.digest, first: true, isNewCase: false, verdict },
    },
  }
}

function otherSide(region: RegionId, peer: string, iss: string): RegionId | undefined {
  if (iss === region) return peer as RegionId
  return iss === peer ? region : undefined
}

/** Read by the same verifier as the answer of an inbox, whose form this is. */
async function proofOf(
  { iss, jti, digest, status, reason, receipt, index, path }: Item,
  receiver: RegionId,
  lookUpKey: Parameters<typeof verifyAnswer>[2],
): Promise<ReceiptedOutcome | undefined> {
  const answer = { receipts: [receipt], messages: [{ jti, status, ...(status === 'refused' ? { reason } : {}), receipt: 0, index, path }] }
  const sent = { iss: iss as RegionId, aud: receiver, messages: [{ jti, digest }] }
  const [outcome] = verifyAnswer(Buffer.from(JSON.stringify(answer)), sent, lookUpKey)
  return outcome?.status === 'accepted' || outcome?.status === 'refused' ? outcome : undefined
}

type Parsed = Extract<Awaited<ReturnType<typeof verifyMessage>>, { ok: true }>['claims']

/** The receipt has judged the message already; here its procedure and agreement are only found again. */
function verdictOf(ctx: Pick<Context, 'federation' | 'procedures'>, item: Item, parsed: Parsed): NewArrival['verdict'] | ItemRefusal {
  if (item.status === 'refused') {
    const known = parsed.ok ? parsed.claims : parsed.known
    return item.reason === null ? 'receipt' : { status: 'refused', reason: item.reason, known }
  }
  if (!parsed.ok) return 'message'
  const { claims } = parsed
  const procedure = ctx.procedures.find((p) => `${p.name}/${p.version}` === claims.procedure)
  const agreement = agreementByName(ctx.federation, claims.agreement)
  const starts = startsCase(procedure, claims)
  return procedure && agreement && starts !== undefined ? accepted(claims, procedure, agreement, starts) : 'not-installed'
}

function accepted(claims: MessageClaims, procedure: Procedure, agreement: Agreement, starts: boolean): NewArrival['verdict'] {
  return { status: 'accepted', claims, procedure, agreement, starts }
}

function startsCase(procedure: Procedure | undefined, { document }: MessageClaims): boolean | undefined {
  if (!procedure || !Object.hasOwn(procedure.documents, document)) return undefined
  return procedure.documents[document]?.starts === true
}

function refused(why: ItemRefusal): VerifiedItem {
  return { ok: false, why }
}
