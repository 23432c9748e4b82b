// The second thread: reads and hashes a tree, and hands over each bundle that it has hashed.
import { once } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import { folderReader } from './export-reader.ts'
import { Findings } from './finding.ts'
import { type ReadBundle, readTree } from './read-tree.ts'
import { BUNDLES_UNDER_WAY, type TreeNews, type TreeTask } from './read-tree-apart.ts'

if (parentPort === null) throw new Error('this file runs on a second thread')
const port = parentPort
const { folder, tree } = workerData as TreeTask
const tell = (news: TreeNews, moved: ArrayBuffer[] = []) => port.postMessage(news, moved)

let underWay = 0
port.on('message', () => underWay--)

async function onBundle({ start, width, bytes }: ReadBundle): Promise<void> {
  while (underWay >= BUNDLES_UNDER_WAY) await once(port, 'message')
  underWay++
  const own = ownBuffer(bytes)
  tell({ kind: 'bundle', bundle: { start, width, bytes: new Uint8Array(own) } }, [own])
}

/** A buffer that holds nothing else: only a whole one can move. */
function ownBuffer({ buffer, byteOffset, byteLength }: Uint8Array): ArrayBuffer {
  const isWhole = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength
  return isWhole ? buffer : (buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer)
}

try {
  const findings = new Findings()
  const onProgress = (entries: number) => tell({ kind: 'progress', entries })
  const read = await readTree(folderReader(folder), tree, { onBundle, onProgress }, findings)
  tell({ kind: 'read', read, found: findings.apart })
} catch (error) {
  const code = error instanceof Error ? ('code' in error ? String(error.code) : error.name) : 'unknown'
  tell({ kind: 'failed', code })
}
port.close()
