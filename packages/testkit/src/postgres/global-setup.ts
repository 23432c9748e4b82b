import type { TestProject } from 'vitest/node'
import { onDemand } from '../on-demand.ts'
import { testServer } from './test-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Ask here for the test run's PostgreSQL: the first question starts it. */
    testServerUrl: string
  }
}

/** One PostgreSQL for the whole test run. It is started when the first test asks, so that a run of pure tests waits for nothing. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await onDemand(testServer)
  project.provide('testServerUrl', server.url)
  return async () => {
    const started = await server.close()
    await started?.stop()
  }
}
