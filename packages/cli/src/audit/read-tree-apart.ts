import { on as listen } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Findings, FoundApart } from './finding.ts'
import type { ReadBundle, ReadTree, TreeReading, TreeToRead } from './read-tree.ts'

/** What the second thread is told. */
export interface TreeTask {
  readonly folder: string
  readonly tree: TreeToRead
}

/** What it says; the bytes of a bundle move over, they are not copied. */
export type TreeNews =
  | { readonly kind: 'bundle'; readonly bundle: ReadBundle }
  | { readonly kind: 'progress'; readonly entries: number }
  | { readonly kind: 'read'; readonly read: ReadTree; readonly found: FoundApart }
  /** Name or code of an error: its message could hold what was being read. */
  | { readonly kind: 'failed'; readonly code: string }

/** As many bundles may be on their way: enough that neither thread waits, and no more in memory. */
export const BUNDLES_UNDER_WAY = 16

/** It hashes and keeps nothing; without bounds its garbage would be collected late. */
const LIMITS = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 6 }

/** `readTree` on a second thread: the same findings, the same order. */
export async function readTreeApart(folder: string, tree: TreeToRead, on: TreeReading, findings: Findings): Promise<ReadTree> {
  const task: TreeTask = { folder, tree }
  const thread = new Worker(new URL('./tree-thread.ts', import.meta.url), { workerData: task, resourceLimits: LIMITS })
  try {
    // An error that it did not foresee is thrown here; when it exits the loop ends.
    for await (const [news] of listen(thread, 'message', { close: ['exit'] }) as AsyncIterable<[TreeNews]>) {
      switch (news.kind) {
        case 'bundle':
          await on.onBundle(news.bundle)
          thread.postMessage('next')
          break
        case 'progress':
          on.onProgress(news.entries)
          break
        case 'read':
          findings.absorb(news.found)
          return news.read
        case 'failed':
          throw Object.assign(new Error(news.code), { code: news.code })
      }
    }
    throw new Error('the second thread ended without a word')
  } finally {
    await thread.terminate()
  }
}
