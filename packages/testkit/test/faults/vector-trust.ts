import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TrustSources } from '@hefu/exchange'
import { signManifest, signRegistry } from '@hefu/protocol'
import { CHENGDU, CHONGQING, type TestKey } from '../../../protocol/test/make-vectors/test-keys.ts'
import {
  CHENGDU_ROOT,
  CHONGQING_ROOT,
  exampleManifest,
  exampleRegistry,
  FEDERATION_KEY,
} from '../../../protocol/test/make-vectors/trust.ts'

const KEYS: Readonly<Record<string, { readonly message: TestKey; readonly root: TestKey }>> = {
  '510100': { message: CHENGDU, root: CHENGDU_ROOT },
  '500000': { message: CHONGQING, root: CHONGQING_ROOT },
}

/** What the node of this region reads at start, so that it believes the federation of the vectors, at addresses of this machine. */
export async function writeVectorTrust(
  dir: string,
  region: '510100' | '500000',
  urls: Readonly<Record<string, string>>,
): Promise<TrustSources> {
  const keys = join(dir, region)
  await mkdir(keys)
  const own = KEYS[region]
  if (own === undefined) throw new Error(`the vectors have no region ${region}`)
  const pem = own.message.privateKey.export({ type: 'pkcs8', format: 'pem' })
  await writeFile(join(keys, 'key.pem'), pem, { mode: 0o600 })
  const records = exampleManifest.keys.map((record) => ({ ...record, ...own.message.jwk, iat: BEGAN }))
  const manifest = { ...exampleManifest, iss: region as typeof exampleManifest.iss, iat: BEGAN, keys: records }
  await writeFile(join(keys, 'manifest.jwt'), await signManifest(manifest, own.root.signer))
  const regions = exampleRegistry.regions.map((one) => ({ ...one, exchangeUrl: urls[one.region] ?? '', addresses: ['127.0.0.0/8'] }))
  const registry = join(dir, `${region}.jwt`)
  await writeFile(registry, await signRegistry({ ...exampleRegistry, iat: BEGAN, regions }, FEDERATION_KEY.signer))
  return { pins: [FEDERATION_KEY.jwk], registry, keys }
}

/** Clocks of tests stand anywhere. */
const BEGAN = Date.UTC(2026, 0, 1) / 1000
