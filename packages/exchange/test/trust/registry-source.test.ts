import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { MAX_REGISTRY_BYTES } from '@hefu/protocol'
import { afterEach, expect, test } from 'vitest'
import { readRegistrySource } from '../../src/trust/registry-source.ts'

let server: Server | undefined
afterEach(() => {
  server?.close().closeAllConnections()
})

async function serve(handle: RequestListener): Promise<string> {
  const opened = createServer(handle)
  server = opened
  await new Promise<void>((resolve) => opened.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(opened.address() as AddressInfo).port}/registry.jwt`
}

test('a registry is read from an address, byte for byte', async () => {
  const url = await serve((_, response) => response.end('a.b.c\n'))
  expect(Buffer.from(await readRegistrySource(url)).toString()).toBe('a.b.c\n')
})

test('what is no answer, leads elsewhere or never ends is no registry', async () => {
  const missing = await serve((_, response) => response.writeHead(404).end('a.b.c'))
  await expect(readRegistrySource(missing)).rejects.toMatchObject({ code: 'http-404' })
  server?.close().closeAllConnections()
  const elsewhere = await serve((_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end())
  await expect(readRegistrySource(elsewhere)).rejects.toThrow()
  server?.close().closeAllConnections()
  const endless = await serve((_, response) => {
    const more = () => response.write(Buffer.alloc(65_536), (error) => error ?? setImmediate(more))
    more()
  })
  await expect(readRegistrySource(endless)).rejects.toMatchObject({ code: 'too-large' })
  expect(MAX_REGISTRY_BYTES).toBeLessThan(16 * 1024 * 1024)
  await expect(readRegistrySource('/no/such/registry')).rejects.toMatchObject({ code: 'ENOENT' })
})
