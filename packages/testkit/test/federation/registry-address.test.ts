import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname } from 'node:path'
import { violationNotice } from '@hefu/procedures'
import { expect, it } from 'vitest'
import { changeRegistry } from '../../src/federation-files.ts'
import { TestNetwork } from '../../src/index.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'
import { chengdu, chongqing } from '../faults/bodies.ts'
import { query } from '../faults/observe.ts'
import { exampleData, openCase } from './play.ts'

/** Hands out the file that the address names, as a web server of the federation would. */
async function publish() {
  const state = { down: false, asked: 0 }
  const server = createServer((request, response) => {
    state.asked++
    const file = decodeURIComponent(request.url?.slice(1) ?? '')
    if (state.down) response.writeHead(503).end()
    else
      readFile(file).then(
        (text) => response.end(text),
        () => response.writeHead(404).end(),
      )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const close = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { state, of: (file: string) => `${url}/${encodeURIComponent(file)}`, [Symbol.asyncDispose]: close }
}

it('nodes that find their registry at an address take its next version while they run, go on while it is away, and never go back', {
  timeout: 120_000,
}, async () => {
  await using published = await publish()
  await using net = await TestNetwork.create([chengdu, chongqing], { registry: published.of })
  const versionOf = (region: string) => net.node(region).node.ctx.federation.version
  const { files, databaseUrl } = net.node(chengdu)
  const dir = dirname(dirname(files.keys))
  const open = async () => await openCase(net, violationNotice, chengdu, chongqing, exampleData(violationNotice, 'notice'))
  await open()
  const before = await readFile(files.registry, 'utf8')

  for (const region of [chengdu, chongqing]) await changeRegistry(dir, net.node(region).files, (claims) => claims)
  for (const region of [chengdu, chongqing]) await waitUntil(() => versionOf(region) === 2, 20_000)

  published.state.down = true
  const { asked } = published.state
  await waitUntil(() => published.state.asked > asked + 1, 20_000)
  await open()
  await net.settle()
  expect(await net.differences()).toEqual([])

  published.state.down = false
  await writeFile(files.registry, before)
  const refused = async () => await query(databaseUrl, "select detail->>'why' as why from alerts where kind = 'registry.refused'")
  await waitUntil(async () => (await refused()).length === 1, 20_000)
  expect(await refused()).toEqual([{ why: 'older' }])
  expect(versionOf(chengdu)).toBe(2)
})
