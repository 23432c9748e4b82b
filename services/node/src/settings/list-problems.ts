import type { RegionId } from '@hefu/reference'
import { loadFiles } from './load-files.ts'
import { epochsBeside, tlsFiles } from './read-settings.ts'
import type { Environment, SettingProblem } from './settings.ts'

/**
 * What is wrong with settings, and with the files that the others of them name: whoever mends one thing at a time starts the node as often.
 * Of a setting that is wrong by itself its file says nothing more.
 */
export async function listProblems(env: Environment, ofSettings: readonly SettingProblem[]): Promise<SettingProblem[]> {
  const named = new Set(ofSettings.map(({ setting }) => setting))
  const given = (name: string) => (named.has(name) ? undefined : env[name])
  const needed = (name: string) => given(name) ?? ''
  const files = await loadFiles({
    region: needed('HEFU_REGION') as RegionId,
    registry: needed('HEFU_REGISTRY'),
    federationKeysFile: needed('HEFU_FEDERATION_KEYS'),
    keysFolder: needed('HEFU_KEYS'),
    logKeyFile: needed('HEFU_LOG_KEY'),
    witnessKeyFile: needed('HEFU_WITNESS_KEY'),
    actorKeyFile: needed('HEFU_ACTOR_KEY'),
    tokenKeyFile: needed('HEFU_TOKEN_KEY'),
    otherTokenKeyFile: given('HEFU_TOKEN_KEY_OTHER'),
    vaultKeyFile: needed('HEFU_VAULT_KEY'),
    otherVaultKeyFile: given('HEFU_VAULT_KEY_OTHER'),
    vaultEpochsFolder: given('HEFU_VAULT_EPOCHS') ?? epochsBeside(needed('HEFU_VAULT_KEY')),
    clientsFile: needed('HEFU_CLIENTS'),
    apiTls: tlsFiles(given('HEFU_API_TLS_CERT'), given('HEFU_API_TLS_KEY')),
    exchangeTls: tlsFiles(given('HEFU_EXCHANGE_TLS_CERT'), given('HEFU_EXCHANGE_TLS_KEY'), given('HEFU_EXCHANGE_TLS_CLIENT_CA')),
    peerCaFile: given('HEFU_PEER_TLS_CA'),
  })
  // A file with an inner place: `HEFU_CLIENTS /clients/0`.
  const ofFiles = files.ok ? [] : files.problems.filter(({ setting }) => !named.has(setting.split(' ')[0] ?? ''))
  return [...ofSettings, ...ofFiles]
}
