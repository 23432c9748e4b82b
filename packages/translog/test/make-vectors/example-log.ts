import {
  type Checkpoint,
  cosignCheckpoint,
  EMPTY_RANGE,
  formatCheckpoint,
  formatNote,
  growTiles,
  leafHash,
  proveConsistency,
  proveInclusion,
  readRoot,
  signNote,
} from '../../src/index.ts'
import { MemoryTiles } from '../memory-tiles.ts'
import { log, type TestKey } from './test-keys.ts'

/** When the witnesses of the examples sign, in epoch seconds. */
export const SIGNED_AT = 1_790_000_000

/** The log of all examples: entry n is the text `entry n`. Any two heads of it fit. */
export class ExampleLog {
  readonly tiles = new MemoryTiles()
  readonly origin: string
  readonly signer: TestKey

  private constructor(size: number, prefix: string, signer: TestKey) {
    this.origin = signer.key.name
    this.signer = signer
    const leaves = Array.from({ length: size }, (_, n) => leafHash(Buffer.from(`${prefix} ${n}`)))
    this.tiles.store(growTiles(EMPTY_RANGE, leaves).tiles)
  }

  static create(size: number, { prefix = 'entry', signer = log }: { prefix?: string; signer?: TestKey } = {}): ExampleLog {
    return new ExampleLog(size, prefix, signer)
  }

  async checkpoint(size: number): Promise<Checkpoint> {
    return { origin: this.origin, size, root: await readRoot(size, this.tiles.read), extensions: [] }
  }

  /** The checkpoint text of that size. */
  async text(size: number, extensions: readonly string[] = []): Promise<string> {
    return formatCheckpoint({ ...(await this.checkpoint(size)), extensions })
  }

  /** The published checkpoint, cosigned by these witnesses at `SIGNED_AT` and each a second later than the one before. */
  async note(size: number, witnesses: readonly TestKey[] = [], extensions: readonly string[] = []): Promise<string> {
    const text = await this.text(size, extensions)
    const signatures = [await signNote(text, this.signer.key, this.signer)]
    for (const [at, witness] of witnesses.entries()) signatures.push(await cosignCheckpoint(text, witness.key, witness, SIGNED_AT + at))
    return formatNote({ text, signatures })
  }

  consistency(oldSize: number, newSize: number): Promise<Uint8Array[]> {
    return proveConsistency(oldSize, newSize, this.tiles.read)
  }

  inclusion(index: number, size: number): Promise<Uint8Array[]> {
    return proveInclusion(index, size, this.tiles.read)
  }
}
