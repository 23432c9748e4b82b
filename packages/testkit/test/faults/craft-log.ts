import {
  appendLeaves,
  EMPTY_RANGE,
  formatAddCheckpoint,
  formatCheckpoint,
  formatNote,
  growTiles,
  leafHash,
  type NoteSigner,
  proveConsistency,
  type ReadTiles,
  rangeRoot,
  signNote,
  type VerifierKey,
} from '@hefu/translog'
import { query } from './observe.ts'

/** A log in the hands of somebody who has its key: a tree over any leaves, signed whatever it is. */
export interface CraftedLog {
  readonly leaves: readonly Uint8Array[]
  root(size?: number): Uint8Array
  /** Signed by the log. */
  note(size?: number): Promise<string>
  proof(from: number, size?: number): Promise<Uint8Array[]>
  /** The body that asks a witness for its cosignature. */
  request(from: number, size?: number): Promise<string>
  /** The same history and more. */
  grown(...entries: readonly string[]): CraftedLog
}

export interface LogOwner {
  readonly key: VerifierKey
  readonly signer: NoteSigner
}

export function craftLog({ key, signer }: LogOwner, leaves: readonly Uint8Array[]): CraftedLog {
  const held = new Map(growTiles(EMPTY_RANGE, leaves).tiles.map((tile) => [`${tile.level}/${tile.index}`, tile.hashes]))
  const readTiles: ReadTiles = async (tiles) => tiles.map(({ level, index }) => held.get(`${level}/${index}`) ?? new Uint8Array(0))
  const rangeOf = (size: number) => appendLeaves(EMPTY_RANGE, leaves.slice(0, size))
  const log: CraftedLog = {
    leaves,
    root: (size = leaves.length) => rangeRoot(rangeOf(size)),
    async note(size = leaves.length) {
      const text = formatCheckpoint({ origin: key.name, size, root: log.root(size) })
      return formatNote({ text, signatures: [await signNote(text, key, signer)] })
    },
    proof: async (from, size = leaves.length) => (from === 0 ? [] : await proveConsistency(from, size, readTiles)),
    request: async (from, size = leaves.length) =>
      formatAddCheckpoint({ oldSize: from, path: await log.proof(from, size), checkpoint: await log.note(size) }),
    grown: (...entries) => craftLog({ key, signer }, [...leaves, ...entries.map((entry) => leafHash(Buffer.from(entry)))]),
  }
  return log
}

/** The log that a node's database holds. */
export async function storedLog(owner: LogOwner, databaseUrl: string): Promise<CraftedLog> {
  const rows = await query<{ entry: string }>(databaseUrl, 'select entry from log_entries order by index')
  return craftLog(
    owner,
    rows.map(({ entry }) => leafHash(Buffer.from(entry))),
  )
}

export interface WitnessReply {
  readonly status: number
  readonly type: string | null
  readonly text: string
}

/** Asks a node's witness, as a log or whoever pretends to be one would. */
export async function addCheckpoint(
  exchange: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = {},
): Promise<WitnessReply> {
  const response = await fetch(`${exchange}/exchange/v1/witness/add-checkpoint`, { method: 'POST', body, headers: { ...headers } })
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() }
}
