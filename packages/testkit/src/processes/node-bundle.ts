import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject } from 'vitest'
import type { TestProject } from 'vitest/node'
import { onDemand } from '../on-demand.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Ask here for the node's program in one file: the first question makes it. */
    nodeBundleUrl: string
  }
}

/** One bundle for the whole test run, of the sources as they are now. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  let folder: string | undefined
  const bundle = await onDemand(async () => {
    const { bundleNode } = await import('./bundle-node.ts')
    folder = await mkdtemp(join(tmpdir(), 'hefu-node-bundle-'))
    return await bundleNode(folder)
  })
  project.provide('nodeBundleUrl', bundle.url)
  return async () => {
    await bundle.close()
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  }
}

/** Within a test run: the path of the bundle. */
export async function nodeBundle(): Promise<string> {
  const answer = await fetch(inject('nodeBundleUrl'))
  if (!answer.ok) throw new Error(`the node could not be bundled: ${await answer.text()}`)
  return (await answer.json()) as string
}
