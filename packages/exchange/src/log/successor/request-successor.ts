import { hash } from 'node:crypto'
import { canonicalJson, successorOrigin } from '@hefu/protocol'
import type { Caller, Context } from '../../context.ts'
import type { LogSealRow, LogSuccessorRow } from '../../db/schema.ts'
import { HefuError } from '../../errors.ts'
import { logAdminChange } from '../log-admin-change.ts'
import { readHead } from '../log-store.ts'
import { readSeal } from '../witness/witness-store.ts'
import { insertSuccessor, readFirstOrigin, readSuccessor, reconciledPeers } from './successor-store.ts'

type SuccessorContext = Pick<Context, 'region' | 'federation' | 'exchangeLog' | 'db' | 'now'>

/** What stands between a sealed log and its successor. */
export interface SuccessorPlan {
  readonly seal: LogSealRow
  readonly epoch: number
  /** The name that the new log must have in the registry. */
  readonly origin: string
  /** The registry and the key file of this node have it. */
  readonly named: boolean
  /** Peers with which both halves have not been compared since the seal, or do not match. */
  readonly unreconciled: readonly string[]
  readonly decided: LogSuccessorRow | undefined
}

/** Undefined: the live log is not sealed. */
export async function planSuccessor({ db, federation, region, exchangeLog }: SuccessorContext): Promise<SuccessorPlan | undefined> {
  const head = await readHead(db)
  const seal = head && (await readSeal(db, head.epoch))
  if (head === undefined || seal === undefined) return undefined
  const epoch = head.epoch + 1
  const origin = successorOrigin(await readFirstOrigin(db), epoch)
  const reconciled = await reconciledPeers(db, seal)
  const unreconciled = federation.regions.map((peer) => peer.region).filter((peer) => peer !== region && !reconciled.has(peer))
  return { seal, epoch, origin, named: exchangeLog.origin === origin, unreconciled, decided: await readSuccessor(db, epoch) }
}

/**
 * An operator's decision to close the sealed log and open the next one (protocol.md section 4); the sequencer carries it out. Asked again,
 * the first decision is answered. Throws HefuError `conflict`, whose detail says what is missing.
 */
export async function requestSuccessor(ctx: SuccessorContext, caller: Caller, reason: string): Promise<{ origin: string; epoch: number }> {
  const plan = await planSuccessor(ctx)
  if (plan === undefined) throw new HefuError('conflict', { detail: notSealed })
  const { epoch, origin, named, unreconciled, decided } = plan
  if (decided !== undefined) return { origin: decided.origin, epoch }
  if (!named) throw new HefuError('conflict', { detail: nameFirst(origin) })
  if (unreconciled.length > 0) throw new HefuError('conflict', { detail: reconcileFirst(unreconciled) })
  const at = new Date(ctx.now())
  const facts = { epoch, origin, client: caller.client, reason }
  const decision = hash('sha256', canonicalJson({ ...facts, at: at.getTime() }), 'base64url')
  await ctx.db.transaction().execute(async (tx) => {
    await insertSuccessor(tx, { ...facts, at, decision })
    await logAdminChange(tx, ctx, caller, { action: 'log.successor', subject: `sha256:${decision}` })
  })
  return { origin, epoch }
}

const notSealed = { zh: '交换日志未被封存，不需要后继日志。', en: 'The exchange log is not sealed: it needs no successor.' }

export function nameFirst(origin: string) {
  return {
    zh: `先生成新日志密钥（pnpm hefu keygen --out 文件 --log ${origin}），请联合体在下一版注册表中以其验证密钥替换本区域的 log，待各区域取得新注册表后设置 HEFU_LOG_KEY 并重启本节点。`,
    en: `First make the new log's key (pnpm hefu keygen --out FILE --log ${origin}), let the federation sign a registry that has its verifier key in the place of this region's "log"; when every region has it, set HEFU_LOG_KEY and start this node again.`,
  }
}

export function reconcileFirst(peers: readonly string[]) {
  return {
    zh: `先与 ${peers.join('、')} 核对两半（POST /v1/reconciliations，from 为备份之日，to 为今日），直至结果 match 为 true。`,
    en: `First compare both halves with ${peers.join(', ')} (POST /v1/reconciliations, from the day of the backup to today) until the result says match: true.`,
  }
}
