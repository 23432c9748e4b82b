// Two honest halves of a federation, with real keys: entries, receipts, tiles, checkpoints, cosignatures, laid out as exports.
import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  type ExportedLeaf,
  type ExportedReceipt,
  type ExportManifest,
  formatLogEntry,
  type LogFact,
  type MessageClaims,
  messageDigest,
  receiptLeafHash,
  receiptTree,
  type Signer,
  signMessage,
  signReceipt,
  uuidV7,
} from '@hefu/protocol'
import { type DateText, mintCaseNumber, type RegionId } from '@hefu/reference'
import {
  COSIGNATURE_V1,
  type CompactRange,
  cosignCheckpoint,
  ED25519,
  EMPTY_RANGE,
  formatCheckpoint,
  formatEntryBundle,
  formatNote,
  growTiles,
  leafHash,
  type NoteSigner,
  type Policy,
  parseNote,
  rangeRoot,
  signNote,
  TILE_WIDTH,
  tilePath,
  tileWidth,
  type VerifierKey,
  verifierKey,
} from '@hefu/translog'
import { exampleClaims, FAR, ISSUED_AT, RECEIVER, SENDER } from '../../protocol/test/make-vectors/example.ts'
import {
  CHENGDU,
  CHENGDU_LOG,
  CHENGDU_WITNESS,
  CHONGQING,
  CHONGQING_LOG,
  CHONGQING_WITNESS,
  type TestLogKey,
} from '../../protocol/test/make-vectors/test-keys.ts'
import type { ExportReader } from '../src/audit/export-reader.ts'

export { exampleFederation } from '../../protocol/test/make-vectors/example.ts'

export interface NoteKey {
  readonly key: VerifierKey
  readonly signer: NoteSigner
}

export interface SentMessage {
  readonly token: string
  readonly claims: MessageClaims
  readonly digest: string
  /** Index of its entry in the half that sent it, and in the one that received it. */
  readonly sentAt: number
  readonly receivedAt: number
  readonly receipt: { readonly text: string; readonly index: number; readonly path: readonly string[]; readonly leaf: ExportedLeaf }
}

export interface Half {
  readonly region: RegionId
  readonly log: NoteKey
  readonly witness: NoteKey
  readonly signer: Signer
  readonly entries: string[]
  readonly receipts: ExportedReceipt[]
}

export interface Halves {
  readonly a: Half
  readonly b: Half
  readonly policies: readonly Policy[]
  readonly messages: readonly SentMessage[]
  readonly exportedAt: number
}

const noteKey = ({ name, privateKey, signer }: TestLogKey, type: typeof ED25519 | typeof COSIGNATURE_V1): NoteKey => ({
  key: verifierKey(name, type, privateKey),
  signer,
})

const half = (region: RegionId, log: TestLogKey, witness: TestLogKey, signer: Signer): Half => ({
  region,
  log: noteKey(log, ED25519),
  witness: noteKey(witness, COSIGNATURE_V1),
  signer,
  entries: [],
  receipts: [],
})

/** Bytes that are the same every time and different for every name. */
const bytesOf = (name: string, length: number) => createHash('sha256').update(name).digest().subarray(0, length)

const STEP_MS = 20_000

/**
 * Messages go in both directions in requests of one to five, some are refused; in between the heart beats. The messages of one request are
 * one case; `chained`: each has seen the one before it.
 */
export async function buildHalves(requests: number, { chained = false } = {}): Promise<Halves> {
  const a = half(SENDER, CHENGDU_LOG, CHENGDU_WITNESS, CHENGDU.signer)
  const b = half(RECEIVER, CHONGQING_LOG, CHONGQING_WITNESS, CHONGQING.signer)
  const messages: SentMessage[] = []
  let at = ISSUED_AT * 1000
  for (const one of [a, b]) log(one, { kind: 'node.started', process: jtiAt(at, one.region), federation: 1, roles: ['api'] }, at)
  for (let n = 0; n < requests; n++) {
    at += STEP_MS
    const [from, to] = n % 3 === 2 ? [b, a] : [a, b]
    messages.push(...(await exchange(from, to, n, { at, chained })))
    if (n % 4 === 0) for (const one of [a, b]) log(one, { kind: 'heartbeat' }, at + 5000)
  }
  const policy = (one: Half, peer: Half): Policy => ({ log: one.log.key, witnesses: [peer.witness.key], threshold: 1 })
  return { a, b, policies: [policy(a, b), policy(b, a)], messages, exportedAt: at + 30_000 }
}

export function log(half: Half, fact: LogFact, at: number): number {
  half.entries.push(formatLogEntry(fact, at))
  return half.entries.length - 1
}

const jtiAt = (at: number, name: string) => uuidV7(at, bytesOf(`jti ${name}`, 10))

async function exchange(from: Half, to: Half, n: number, { at, chained }: { at: number; chained: boolean }): Promise<SentMessage[]> {
  const sent: Awaited<ReturnType<typeof write>>[] = []
  for (let m = 0; m < 1 + (n % 5); m++) {
    const seen = chained ? sent.slice(-1).map(({ digest }) => digest) : []
    sent.push(await write(from, to, `${n}.${m}`, { at, seen }))
  }
  const parties = { iss: from.region, aud: to.region }
  const sentAt = sent.map(({ claims, digest }) => log(from, { kind: 'message.sent', ...parties, ...described(claims), digest }, at))
  const leaves = sent.map(({ claims: { jti }, digest }, m): ExportedLeaf => {
    const refused = (n + m) % 17 === 16
    return refused ? { jti, digest, status: 'refused', reason: 'agreement' } : { jti, digest, status: 'accepted' }
  })
  const receivedAt = sent.map(({ claims, digest }, m) => {
    const refused = leaves[m]?.status === 'refused'
    return refused
      ? log(to, { kind: 'refusal', ...parties, jti: claims.jti, digest, reason: 'agreement' }, at + 1000)
      : log(to, { kind: 'message.received', ...parties, ...described(claims), digest }, at + 1000)
  })
  const { receipt, paths } = await answer(from, to, leaves, at + 1000)
  return sent.map(({ token, claims, digest }, m) => ({
    token,
    claims,
    digest,
    sentAt: sentAt[m] as number,
    receivedAt: receivedAt[m] as number,
    receipt: { text: receipt, index: m, path: paths[m] as readonly string[], leaf: leaves[m] as ExportedLeaf },
  }))
}

const described = ({ jti, procedure, document, case: number }: MessageClaims) => ({ jti, procedure, document, case: number })

async function write(from: Half, to: Half, name: string, { at, seen }: { at: number; seen: string[] }) {
  const [number] = name.split('.')
  const date = new Date(at + 8 * 3_600_000).toISOString().slice(0, 10) as DateText
  const claims: MessageClaims = {
    ...exampleClaims,
    iss: from.region,
    aud: to.region,
    jti: jtiAt(at, name),
    salt: bytesOf(`salt ${name}`, 16).toString('base64url'),
    iat: Math.floor(at / 1000),
    exp: FAR,
    seen,
    case: mintCaseNumber(from.region, 'VN', date, bytesOf(`case ${number}`, 7)),
  }
  const { token, digest } = await signMessage(claims, from.signer)
  return { token, claims, digest }
}

async function answer(from: Half, to: Half, leaves: ExportedLeaf[], at: number) {
  const { size, root, paths } = receiptTree(leaves.map(receiptLeafHash))
  const seconds = Math.floor(at / 1000)
  const parties = { iss: to.region, aud: from.region, jti: jtiAt(at, `receipt ${leaves[0]?.jti}`) }
  const claims = { ...parties, iat: seconds, receivedAt: seconds, tree: { size, root }, log: { origin: to.log.key.name, within: 60 } }
  const receipt = await signReceipt(claims, to.signer)
  const digest = messageDigest(receipt)
  log(to, { kind: 'receipt.issued', ...parties, digest, size, root }, at)
  log(from, { kind: 'receipt.received', ...parties, digest, size, root }, at + 1000)
  to.receipts.push({ digest, receipt, direction: 'issued', leaves })
  // A sender that asked again knows some of a receipt's messages, each with its path: every other receipt here.
  const some = leaves.map((leaf, index) => ({ ...leaf, index, path: [...(paths[index] as readonly string[])] }))
  from.receipts.push({ digest, receipt, direction: 'received', leaves: from.receipts.length % 2 === 0 ? leaves : some })
  return { receipt, paths }
}

/** An export in memory: files by path. */
export type Files = Map<string, Uint8Array>

export interface Parts {
  readonly entries: readonly string[]
  readonly receipts: readonly ExportedReceipt[]
  readonly checkpoint: string
  /** Notes by the name of the witness. */
  readonly witnessed: Readonly<Record<string, string>>
  /** Notes of other logs by origin. */
  readonly cosigned: Readonly<Record<string, string>>
  readonly manifest: ExportManifest
}

/** The head over these entries, signed by the log and cosigned by those given at that time (epoch seconds). */
export async function signHead(half: Half, entries: readonly string[], witnesses: readonly Half[], time: number): Promise<string> {
  const { range } = growTiles(
    EMPTY_RANGE,
    entries.map((entry) => leafHash(Buffer.from(entry))),
  )
  const text = formatCheckpoint({ origin: half.log.key.name, size: range.size, root: rangeRoot(range) })
  const cosignatures = await Promise.all(witnesses.map(({ witness }) => cosignCheckpoint(text, witness.key, witness.signer, time)))
  return formatNote({ text, signatures: [await signNote(text, half.log.key, half.log.signer), ...cosignatures] })
}

/** What an honest node exports: the newest head, cosigned half a minute ago. */
export async function honestParts(half: Half, peer: Half, exportedAt: number): Promise<Parts> {
  const time = Math.floor(exportedAt / 1000) - 30
  const note = await signHead(half, half.entries, [peer], time)
  const ofPeer = await signHead(peer, peer.entries, [half], time)
  const origin = half.log.key.name
  return {
    entries: half.entries,
    receipts: half.receipts,
    checkpoint: note,
    witnessed: { [peer.witness.key.name]: note },
    cosigned: { [peer.log.key.name]: ofPeer },
    manifest: { v: 1, region: half.region, origin, epoch: 0, size: half.entries.length, exportedAt },
  }
}

/** Lays out a folder; tiles and bundles are computed from the entries as they are given, by whoever wants to. */
export function exportFiles({ entries, receipts, checkpoint, witnessed, cosigned, manifest }: Parts): Files {
  const files: Files = new Map(treeFiles(entries))
  files.set('manifest.json', Buffer.from(JSON.stringify(manifest)))
  files.set('checkpoint', Buffer.from(checkpoint))
  for (const [name, note] of Object.entries(witnessed)) files.set(`witnessed/${fileName(name)}`, Buffer.from(note))
  for (const [name, note] of Object.entries(cosigned)) files.set(`cosigned/${fileName(name)}`, Buffer.from(note))
  files.set('receipts.ndjson', Buffer.from(receipts.map((receipt) => `${JSON.stringify(receipt)}\n`).join('')))
  return files
}

const fileName = (name: string) => `${name.replaceAll('/', '_')}.checkpoint`

/** Tiles and bundles of the tree over these entries. */
export function treeFiles(entries: readonly string[]): Files {
  const files: Files = new Map()
  const bytes = entries.map((entry) => Buffer.from(entry))
  const tiles = growTiles(EMPTY_RANGE satisfies CompactRange, bytes.map(leafHash)).tiles
  for (const { level, index, width, hashes } of tiles) files.set(tilePath({ level, index, width }), hashes)
  for (let index = 0; index * TILE_WIDTH < entries.length; index++) {
    const width = tileWidth(0, index, entries.length)
    files.set(tilePath({ level: 'entries', index, width }), formatEntryBundle(bytes.slice(index * TILE_WIDTH, index * TILE_WIDTH + width)))
  }
  return files
}

export function memoryReader(files: Files): ExportReader {
  return {
    read: async (path) => files.get(path),
    async *stream(path) {
      const bytes = files.get(path)
      // In uneven pieces, as a disk or a network gives them.
      for (let at = 0; bytes !== undefined && at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000)
    },
    list: async (folder) => [...files.keys()].filter((path) => path.startsWith(`${folder}/`)).map((path) => path.slice(folder.length + 1)),
  }
}

export async function writeFiles(folder: string, files: Files): Promise<void> {
  for (const [path, bytes] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), bytes)
  }
}

/** The checkpoint text of a note, without its signatures. */
export function textOf(note: string): string {
  const parsed = parseNote(note)
  if (!parsed.ok) throw new Error(parsed.code)
  return parsed.value.text
}
