import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdir, open, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  type ExportedLeaf,
  type ExportManifest,
  formatLogEntry,
  type LogFact,
  messageDigest,
  receiptLeafHash,
  receiptTree,
  type Signer,
  signerOf,
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
  formatPolicies,
  growTiles,
  leafHash,
  rangeRoot,
  signNote,
  TILE_WIDTH,
  tilePath,
  verifierKey,
} from '@hefu/translog'

const HERE = '510100' as RegionId
const THERE = '500000' as RegionId
const ORIGIN = 'bench.hefu.example/log'
/** Messages of one request: so many entries, and one of its receipt. */
const PER_REQUEST = 4
const STEP_MS = 1000

/** An export of so many entries in a folder, and the policy file beside it: messages both ways, each in a signed receipt. */
export async function writeLargeLog(folder: string, count: number): Promise<{ readonly dir: string; readonly policy: string }> {
  const dir = join(folder, 'export')
  await mkdir(dir)
  await using receipts = await open(join(dir, 'receipts.ndjson'), 'w')
  const tiles = new TileFiles(dir)
  const signer = signerOf(generateKeyPairSync('ed25519').privateKey)
  const startedAt = Date.now() - Math.ceil(count / (PER_REQUEST + 1)) * STEP_MS
  let at = startedAt
  while (tiles.size < count) {
    at += STEP_MS
    const { entries, line } = await request(at, tiles.size % 2 === 0, signer)
    const room = count - tiles.size
    if (room < entries.length) await tiles.append(Array.from({ length: room }, () => formatLogEntry({ kind: 'heartbeat' }, at)))
    else {
      await tiles.append(entries)
      await receipts.appendFile(line)
    }
  }
  const root = await tiles.end()
  return { dir, policy: await writeHead(folder, dir, { size: count, root, at }) }
}

async function request(at: number, isSent: boolean, signer: Signer) {
  const [iss, aud] = isSent ? [HERE, THERE] : [THERE, HERE]
  const leaves: ExportedLeaf[] = []
  const facts: LogFact[] = []
  for (let n = 0; n < PER_REQUEST; n++) {
    const [jti, digest] = [uuidV7(at, randomBytes(10)), randomBytes(32).toString('base64url')]
    const about = { procedure: 'violation-notice/1', document: 'notice', case: mintCaseNumber(iss, 'VN', dayOf(at), randomBytes(7)) }
    facts.push({ kind: isSent ? 'message.sent' : 'message.received', iss, aud, jti, digest, ...about })
    leaves.push({ jti, digest, status: 'accepted' })
  }
  const { size, root } = receiptTree(leaves.map(receiptLeafHash))
  const jti = uuidV7(at, randomBytes(10))
  const seconds = Math.floor(at / 1000)
  const receipt = await signReceipt({ iss: aud, aud: iss, jti, iat: seconds, receivedAt: seconds, tree: { size, root } }, signer)
  const digest = messageDigest(receipt)
  facts.push({ kind: isSent ? 'receipt.received' : 'receipt.issued', iss: aud, aud: iss, jti, digest, size, root })
  const line = `${JSON.stringify({ digest, receipt, direction: isSent ? 'received' : 'issued', leaves })}\n`
  return { entries: facts.map((fact) => formatLogEntry(fact, at)), line }
}

function dayOf(at: number): DateText {
  return new Date(at).toISOString().slice(0, 10) as DateText
}

/** Tiles and bundles as they fill up, written once each. */
class TileFiles {
  readonly #dir: string
  readonly #open = new Map<number, { index: number; hashes: Uint8Array[] }>()
  #range: CompactRange = EMPTY_RANGE
  #bundle: Uint8Array[] = []

  constructor(dir: string) {
    this.#dir = dir
  }

  get size(): number {
    return this.#range.size
  }

  async append(entries: readonly string[]): Promise<void> {
    for (const entry of entries) {
      const bytes = Buffer.from(entry)
      const grown = growTiles(this.#range, [leafHash(bytes)])
      this.#range = grown.range
      this.#bundle.push(bytes)
      for (const { level, index, hashes } of grown.tiles) {
        const tile = this.#open.get(level) ?? { index, hashes: [] }
        tile.hashes.push(hashes)
        this.#open.set(level, tile)
        if (tile.hashes.length === TILE_WIDTH) await this.#flush(level)
      }
    }
  }

  async end(): Promise<Uint8Array> {
    for (const level of [...this.#open.keys()]) await this.#flush(level)
    return rangeRoot(this.#range)
  }

  async #flush(level: number): Promise<void> {
    const { index, hashes } = this.#open.get(level) as { index: number; hashes: Uint8Array[] }
    this.#open.delete(level)
    await this.#write(tilePath({ level, index, width: hashes.length }), Buffer.concat(hashes))
    if (level > 0) return
    await this.#write(tilePath({ level: 'entries', index, width: hashes.length }), formatEntryBundle(this.#bundle))
    this.#bundle = []
  }

  async #write(path: string, bytes: Uint8Array): Promise<void> {
    await mkdir(dirname(join(this.#dir, path)), { recursive: true })
    await writeFile(join(this.#dir, path), bytes)
  }
}

async function writeHead(folder: string, dir: string, head: { size: number; root: Uint8Array; at: number }): Promise<string> {
  const [log, witness] = [generateKeyPairSync('ed25519').privateKey, generateKeyPairSync('ed25519').privateKey]
  const logKey = verifierKey(ORIGIN, ED25519, log)
  const witnessKey = verifierKey('bench.hefu.example/witness', COSIGNATURE_V1, witness)
  const text = formatCheckpoint({ origin: ORIGIN, size: head.size, root: head.root })
  const cosigned = await cosignCheckpoint(text, witnessKey, signerOf(witness), Math.floor(head.at / 1000))
  await writeFile(join(dir, 'checkpoint'), formatNote({ text, signatures: [await signNote(text, logKey, signerOf(log)), cosigned] }))
  const manifest: ExportManifest = { v: 1, region: HERE, origin: ORIGIN, epoch: 0, size: head.size, exportedAt: head.at }
  await writeFile(join(dir, 'manifest.json'), JSON.stringify(manifest))
  const policy = join(folder, 'policy')
  await writeFile(policy, formatPolicies([{ log: logKey, witnesses: [witnessKey], threshold: 1 }]))
  return policy
}
