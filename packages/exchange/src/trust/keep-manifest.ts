import { hash } from 'node:crypto'
import {
  type Federation,
  judgeManifest,
  keyOwner,
  type Manifest,
  type PublicJwk,
  parseStoredManifest,
  verifyManifest,
} from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import { raiseAlert } from '../alerts/alert-store.ts'
import type { Tx } from '../db/bulk.ts'
import { appendToLog } from '../log/pending-log-store.ts'
import type { KeepContext } from './keep-registry.ts'
import { insertManifest, lockTrust, readManifests, readManifestsSince, readNewestManifest } from './trust-store.ts'

/** Whose manifest it must be, by the registry. */
export interface RegionRoot {
  readonly region: RegionId
  readonly root: PublicJwk
  /** From the node's own folder: who can write there needs no manifests to fill its disk, and a revocation never waits. */
  readonly isOwn?: boolean
}

/**
 * Verifies a key manifest and keeps it when it may follow on the newest one held of its region. Nobody may list a key that is another
 * region's: `kid` alone decides who signed. Answers why it was refused, or undefined.
 */
export async function keepManifest(
  ctx: KeepContext,
  text: Uint8Array,
  { region, root, isOwn = false }: RegionRoot,
  federation: Federation,
): Promise<string | undefined> {
  const manifest = verifyManifest(text, { region, root })
  if (manifest === undefined) return await refuse(ctx, region, 'signature', hash('sha256', text, 'base64url'))
  const isForeign = manifest.claims.keys.some(({ kid }) => (keyOwner(federation, kid)?.region ?? region) !== region)
  if (isForeign) return await refuse(ctx, region, 'foreign-key', manifest.digest)
  const judged = await ctx.db.transaction().execute(async (tx) => {
    await lockTrust(tx)
    const held = await readNewestManifest(tx, region)
    const verdict = judgeManifest(held === undefined ? undefined : parseStoredManifest(held), manifest, Math.floor(ctx.now() / 1000))
    if (verdict === 'newer' && (await listsForeignKey(tx, manifest))) return { refused: 'foreign-key' as const }
    if (verdict === 'newer' && !isOwn && (await isFlooding(tx, manifest, ctx.now()))) return { refused: 'too-many' as const }
    if (verdict === 'newer') {
      const { version } = manifest.claims
      await insertManifest(tx, { region, version, digest: manifest.digest, token: manifest.token, at: new Date(ctx.now()) })
      await appendToLog(tx, ctx.now(), [{ kind: 'key.manifest', region, version, digest: manifest.digest }])
    }
    return verdict
  })
  if (judged === 'newer') ctx.log.info({ event: 'manifest.kept', region, version: manifest.claims.version }, 'manifest.kept')
  return typeof judged === 'string' ? undefined : await refuse(ctx, region, judged.refused, manifest.digest)
}

/** By what is stored, under the lock: `federation` is of a moment ago, and another region's manifest may have come since with the same key. */
async function listsForeignKey(tx: Tx, { claims }: Manifest): Promise<boolean> {
  const kids = new Set(claims.keys.map(({ kid }) => kid))
  const others = (await readManifests(tx)).map(parseStoredManifest).filter((other) => other.claims.iss !== claims.iss)
  return others.some((other) => other.claims.keys.some(({ kid }) => kids.has(kid)))
}

/**
 * All are kept for ever and read at every start: a region that rotates has a few, one that wants to fill this database would have thousands.
 * Counted by root key: what a thief of the last one published does not keep out the region whom the registry has given a new one.
 */
async function isFlooding(tx: Tx, { kid, claims }: Manifest, nowMs: number): Promise<boolean> {
  const ofToday = await readManifestsSince(tx, claims.iss, new Date(nowMs - DAY_MS))
  return ofToday.filter((token) => parseStoredManifest(token).kid === kid).length >= MAX_A_DAY
}

const DAY_MS = 86_400_000
/** Of one root key of a region. What is refused today is asked for again: the newest may come whichever were missed. */
export const MAX_A_DAY = 24

async function refuse(ctx: KeepContext, region: RegionId, why: string, digest: string): Promise<string> {
  ctx.log.warn({ event: 'manifest.refused', region, why, digest }, 'manifest.refused')
  // Other bytes at every question make no alert at every question.
  const once = why === 'too-many' || why === 'signature' ? new Date(ctx.now()).toISOString().slice(0, 10) : digest
  await raiseAlert(ctx.db, ctx, { kind: 'manifest.refused', key: `${region}:${why}:${once}`, peer: region, detail: { why, digest } })
  return why
}
