import { parseEntryBundle } from '@hefu/translog'
import type { ExportReader } from './export-reader.ts'
import type { Findings } from './finding.ts'
import { type ReadBundle, type ReadTree, readTree, type TreeToRead } from './read-tree.ts'
import { readTreeApart } from './read-tree-apart.ts'

export interface EntryReading {
  /** The bytes that were hashed, in the order of the log. */
  readonly onEntry: (bytes: Uint8Array, index: number) => void
  readonly onProgress: (entries: number) => void
}

/** Recomputes the tree and gives its entries: of a folder on a second thread, so that one hashes while the other judges. */
export async function readEntriesOf(
  reader: ExportReader,
  tree: TreeToRead,
  { onEntry, onProgress }: EntryReading,
  findings: Findings,
): Promise<ReadTree> {
  const onBundle = ({ start, width, bytes }: ReadBundle) => {
    const entries = parseEntryBundle(bytes, width)
    if (!entries.ok) throw new Error(`a bundle that was read before is ${entries.code}`)
    entries.value.forEach((entry, n) => {
      onEntry(entry, start + n)
    })
  }
  const on = { onBundle, onProgress }
  return reader.folder === undefined ? readTree(reader, tree, on, findings) : readTreeApart(reader.folder, tree, on, findings)
}
