import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  generateKeyFile,
  judgeManifest,
  type KeyRecord,
  type Manifest,
  type ManifestClaims,
  maySign,
  parseStoredManifest,
  type RevocationReason,
  type Signer,
  signManifest,
} from '@hefu/protocol'
import { parseRegionId, type RegionId } from '@hefu/reference'
import { readIfThere, replaceFile } from './files.ts'
import { loadOwnKey } from './own-key.ts'
import { TrustFileError } from './trust-error.ts'

const DAY = 86_400
/** Published before it is first used (protocol.md section 3): every peer has looked by then. */
const NOTICE_SECONDS = DAY
/** A manifest is believed for so long after its newest key has ended signing: its messages may still be on their way. */
const MANIFEST_MORE_DAYS = 45

export interface KeyFolderOptions {
  /** Folder of the message keys, with `manifest.jwt`. */
  readonly folder: string
  /** Key file of the region's root key. */
  readonly root: string
  /** It takes the place of the one that signed so far, in the registry too. */
  readonly newRoot?: boolean | undefined
  /** Epoch seconds. */
  readonly now: number
}

export interface Rotation extends KeyFolderOptions {
  /** Needed for the first manifest alone. */
  readonly region?: string | undefined
  /** How long the new key signs. */
  readonly days: number
  /** At once: the key before it is lost or stolen. */
  readonly atOnce?: boolean | undefined
}

/** A new key in the folder, and a manifest that says from when it signs. The first key signs at once: nobody knows another. */
export async function rotateKey({ folder, root, newRoot, region, days, atOnce, now }: Rotation): Promise<Manifest> {
  const held = await readManifest(folder)
  const iss = held?.claims.iss ?? regionOf(region)
  const iat = held === undefined || atOnce === true ? now : now + NOTICE_SECONDS
  // Before a key is made: without the right root key it would stay in the folder, in no manifest.
  const signer = await rootSigner({ root, newRoot }, held)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const key = await generateKeyFile(join(folder, `key-${new Date(now * 1000).toISOString().replace(/\D/g, '').slice(0, 14)}.pem`))
  const record = { ...key, use: 'sig', iat, exp: iat + days * DAY } as const
  return await publish({ folder, signer, now }, held, iss, [...(held?.claims.keys ?? []), record])
}

export interface Revocation extends KeyFolderOptions {
  readonly kid: string
  readonly reason: RevocationReason
  /** Since when it is not to be believed; epoch seconds. */
  readonly at: number
}

export async function revokeKey({ folder, root, newRoot, kid, reason, at, now }: Revocation): Promise<Manifest> {
  const held = await requireManifest(folder)
  const record = held.claims.keys.find((one) => one.kid === kid)
  if (record === undefined) throw new TrustFileError({ zh: `清单中没有密钥 ${kid}`, en: `the manifest has no key ${kid}` })
  if (record.revoked !== undefined)
    throw new TrustFileError({ zh: '该密钥已吊销，吊销记录不能更改', en: 'this key is revoked already, and what was said of it stays' })
  const keys = held.claims.keys.map((one) => (one === record ? { ...one, revoked: { at, reason } } : one))
  const signer = await rootSigner({ root, newRoot }, held)
  return await publish({ folder, signer, now }, held, held.claims.iss, keys)
}

/** `missing`: the private half is not in this folder. */
export type KeyState = 'current' | 'coming' | 'retired' | 'revoked'

export interface ListedKey extends KeyRecord {
  readonly state: KeyState
}

export function stateOf(record: KeyRecord, now: number): KeyState {
  if (record.revoked !== undefined) return 'revoked'
  if (maySign(record, now)) return 'current'
  return record.iat > now ? 'coming' : 'retired'
}

export async function requireManifest(folder: string): Promise<Manifest> {
  const held = await readManifest(folder)
  if (held !== undefined) return held
  throw new TrustFileError({
    zh: `${folder}：没有 manifest.jwt，请先运行 hefu key rotate`,
    en: `${folder}: there is no manifest.jwt: run hefu key rotate first`,
  })
}

async function readManifest(folder: string): Promise<Manifest | undefined> {
  const path = join(folder, 'manifest.jwt')
  const text = await readIfThere(path)
  if (text === undefined) return undefined
  try {
    return parseStoredManifest(text)
  } catch (error) {
    throw new TrustFileError({ zh: `${path}：不是密钥清单`, en: `${path}: not a key manifest (${(error as Error).name})` })
  }
}

/** Peers believe the root key of the registry alone: another one is a slip, unless it is said to be the next. */
async function rootSigner({ root, newRoot }: Pick<KeyFolderOptions, 'root' | 'newRoot'>, held: Manifest | undefined): Promise<Signer> {
  const signer = await loadOwnKey(root)
  if (held === undefined || signer.kid === held.kid || newRoot === true) return signer
  throw new TrustFileError({
    zh: `${root} 不是签发现有清单的根密钥（${held.kid}），各节点会拒绝；若注册表将改用此根密钥，请加 --new-root`,
    en: `${root} is not the root key that signed the manifest (${held.kid}), and every node would refuse it; if the registry is to name this one, add --new-root`,
  })
}

/** Judged as every peer will, before it takes the place of the one before. */
async function publish(
  { folder, signer, now }: Pick<KeyFolderOptions, 'folder' | 'now'> & { readonly signer: Signer },
  held: Manifest | undefined,
  iss: RegionId,
  keys: ManifestClaims['keys'],
): Promise<Manifest> {
  const previous = held === undefined ? {} : { previous: held.digest }
  const exp = Math.max(now, ...keys.map((key) => key.exp)) + MANIFEST_MORE_DAYS * DAY
  const claims = { iss, iat: now, exp, version: (held?.claims.version ?? 0) + 1, ...previous, keys }
  const manifest = parseStoredManifest(await signManifest(claims, signer))
  const judged = judgeManifest(held, manifest, now)
  if (judged !== 'newer') {
    const why = judged === 'same' ? judged : judged.refused
    throw new TrustFileError({ zh: `新的清单会被各节点拒绝（${why}）`, en: `every node would refuse the new manifest (${why})` })
  }
  await replaceFile(join(folder, 'manifest.jwt'), `${manifest.token}\n`)
  return manifest
}

function regionOf(text: string | undefined): RegionId {
  const parsed = parseRegionId(text ?? '')
  if (parsed.ok) return parsed.value
  throw new TrustFileError({
    zh: '第一份清单需要 --region 六位区域代码',
    en: 'the first manifest needs --region with a region of six digits',
  })
}
