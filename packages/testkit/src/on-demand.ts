import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'

export type OnDemand<Made> = {
  /** Answers with what was made, as JSON. Its path is a secret of this run: the answer may hold a superuser's login. */
  url: string
  /** Ends the answering; resolves with what was made, if anything was. */
  close(): Promise<Made | undefined>
}

/** What the workers of a test run share, made by the first question: a run that needs none waits for nothing. */
export async function onDemand<Made>(make: () => Promise<Made>): Promise<OnDemand<Made>> {
  let made: Promise<Made> | undefined
  const path = `/${randomBytes(18).toString('base64url')}`
  const http = createServer((request, response) => {
    if (request.url !== path) return void response.writeHead(404).end()
    made ??= make()
    made.then(
      (value) => response.end(JSON.stringify(value)),
      (error: Error) => response.writeHead(500).end(error.stack),
    )
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const address = http.address()
  if (address === null || typeof address === 'string') throw new Error('no TCP address')
  return {
    url: `http://127.0.0.1:${address.port}${path}`,
    async close() {
      http.closeAllConnections()
      http.close()
      return await made?.catch(() => undefined)
    },
  }
}
