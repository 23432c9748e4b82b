import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { TestProject } from 'vitest/node'
import { type TestServer, testServer } from './test-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Ask here for the test run's PostgreSQL: the first question starts it. */
    testServerUrl: string
  }
}

/**
 * One PostgreSQL for the whole test run. It is started when the first test asks, so that a run of pure tests waits for
 * nothing. The path of the question is a secret of this run: the answer holds a superuser's login.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  let server: Promise<TestServer> | undefined
  const path = `/${randomBytes(18).toString('base64url')}`
  const http = createServer((request, response) => {
    if (request.url !== path) return void response.writeHead(404).end()
    server ??= testServer()
    server.then(
      ({ superuserUrl, template, users }) => response.end(JSON.stringify({ superuserUrl, template, users })),
      (error: Error) => response.writeHead(500).end(error.stack),
    )
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const address = http.address()
  if (address === null || typeof address === 'string') throw new Error('no TCP address')
  project.provide('testServerUrl', `http://127.0.0.1:${address.port}${path}`)
  return async () => {
    http.closeAllConnections()
    http.close()
    const started = await server?.catch(() => undefined)
    await started?.stop()
  }
}
