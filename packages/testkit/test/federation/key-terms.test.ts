import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { keyOwner, loadSigner, type Signer } from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import { expect, it } from 'vitest'
import { hefu } from '../../../cli/test/run-hefu.ts'
import { offlineIn } from '../../src/federation-files.ts'
import { TestNetwork } from '../../src/index.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'
import { chengdu, chongqing } from '../faults/bodies.ts'
import { newJti, postInbox, signedNotice } from '../faults/craft.ts'
import { count } from '../faults/observe.ts'

const HOUR_MS = 3_600_000

async function signerIn(folder: string, kid: string | undefined): Promise<Signer> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.pem'))
  const signers = await Promise.all(names.map(async (name) => await loadSigner(join(folder, name))))
  const found = signers.find((signer) => signer.kid === kid)
  if (found === undefined) throw new Error('no such key')
  return found
}

it('a key that does not sign yet, or no longer, verifies nothing: refused alike, and nothing is stored', { timeout: 120_000 }, async () => {
  await using net = await TestNetwork.create([chengdu, chongqing])
  const { keys: folder } = net.node(chengdu).files
  const root = offlineIn(dirname(dirname(folder))).rootKey(chengdu as RegionId)
  const { node, databaseUrl } = net.node(chongqing)
  const done = await hefu(['key', 'rotate', '--keys', folder, '--root', root, '--days', '2', '--json'])
  expect([done.status, done.stderr]).toEqual([0, ''])
  const coming = await signerIn(folder, (JSON.parse(done.stdout) as { keys: { kid: string }[] }).keys.at(-1)?.kid)
  const known = async (region: string) =>
    await waitUntil(() => keyOwner(net.node(region).node.ctx.federation, coming.kid) !== undefined, 20_000)
  await known(chengdu)
  // A peer looks by itself, once it is an hour later.
  await net.moveClock(2 * HOUR_MS)
  await known(chongqing)

  const post = async () => {
    const nowMs = node.ctx.now()
    const iat = Math.floor(nowMs / 1000)
    const { token } = await signedNotice(coming, { iat, exp: iat + 86_400, jti: newJti(nowMs) })
    const { status, json } = await postInbox(node.exchange ?? '', token)
    return { status, code: json.code, stored: await count(databaseUrl, 'select count(*) from inbox') }
  }
  expect(await post()).toEqual({ status: 400, code: 'unverifiable', stored: 0 })
  await net.moveClock(23 * HOUR_MS)
  expect(await post()).toMatchObject({ status: 200, stored: 1 })
  await net.settle()
  // What is signed is on its way for at most thirty days after the key's end.
  await net.moveClock((2 * 24 + 29 * 24) * HOUR_MS)
  expect(await post()).toMatchObject({ status: 200, stored: 2 })
  await net.settle()
  await net.moveClock(48 * HOUR_MS)
  expect(await post()).toEqual({ status: 400, code: 'unverifiable', stored: 2 })
})
