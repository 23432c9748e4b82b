import type { VaultPlace } from '@hefu/exchange'
import { createLogger, createNode, loadFiles, type Node } from '@hefu/node'
import type { Procedure } from '@hefu/procedures'
import type { Signer } from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import { fileSettings, type RegionFiles } from '../federation-files.ts'
import type { TestDatabase } from '../postgres/test-database.ts'
import type { NetworkOptions } from './test-network.ts'

export interface StartInput {
  readonly region: RegionId
  readonly files: RegionFiles
  readonly logins: TestDatabase['logins']
  /** Of the exchange API, where the links lead. */
  readonly port: number
  readonly procedures: readonly Procedure[]
  readonly now: () => number
  readonly options: NetworkOptions
}

export interface StartedNode {
  readonly node: Node
  readonly signer: Signer
  readonly vaultPlace: VaultPlace
}

/** One node of the network on its files, as its process would start: what they do not allow does not start. */
export async function startNetworkNode(input: StartInput): Promise<StartedNode> {
  const { region, files, logins, port, procedures, now, options } = input
  const named = fileSettings(files)
  const loaded = await loadFiles({ region, ...named, registry: options.registry?.(named.registry) ?? named.registry })
  if (!loaded.ok) throw new Error(loaded.problems.map(({ setting, en }) => `${setting} ${en}`).join('; '))
  const node = await createNode(
    {
      region,
      ...loaded.value,
      ...logins,
      queueUrl: options.queueUrl?.(region) ?? logins.databaseUrl,
      roles: ['api', 'exchange', 'worker', 'sequencer'],
      api: { host: '127.0.0.1', port: 0 },
      exchange: { host: '127.0.0.1', port },
      tokenSeconds: 86_400,
      registrySeconds: 1,
      logLevel: options.logLevel ?? 'silent',
    },
    { now, procedures, ...(options.onLog ? { log: createLogger(region, options.logLevel ?? 'debug', { write: options.onLog }) } : {}) },
  )
  await node.start().catch(async (error: unknown) => {
    await node.stop()
    throw error
  })
  return { node, signer: node.ctx.signer, vaultPlace: loaded.value.vaultPlace }
}
