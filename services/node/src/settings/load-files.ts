import { type Administrator, parseClients, type TrustSources, type VaultPlace } from '@hefu/exchange'
import type { KeyPair, Registry, Signer } from '@hefu/protocol'
import { loadJson } from './load-json.ts'
import { loadKey, loadTokenKeys, loadVault } from './load-keys.ts'
import { type ListenerTls, loadAuthorities, loadListenerTls } from './load-tls.ts'
import { loadFolder, loadPins, loadRegistry, mismatches } from './load-trust.ts'
import type { FileSettings, Parsed } from './settings.ts'

export interface Files {
  readonly trust: TrustSources
  /** As the file has it now; undefined where the registry is fetched from an address: what is believed, the database decides. */
  readonly found: Registry | undefined
  readonly logSigner: Signer
  readonly witnessSigner: Signer
  readonly actorSigner: Signer
  readonly tokenKey: KeyPair
  readonly otherTokenKey: KeyPair | undefined
  readonly administrators: readonly Administrator[]
  readonly vaultPlace: VaultPlace
  readonly tls: ListenerTls
}

/** Reads the files that the settings name and reports all problems of all of them at once. */
export async function loadFiles(settings: FileSettings): Promise<Parsed<Files>> {
  const [pins, folder, logSigner, witnessSigner, actorSigner, tokenKeys, vaultPlace, administrators, apiTls, exchangeTls, peerCa] =
    await Promise.all([
      loadPins(settings.federationKeysFile),
      loadFolder(settings.keysFolder),
      loadKey(settings.logKeyFile, 'HEFU_LOG_KEY'),
      loadKey(settings.witnessKeyFile, 'HEFU_WITNESS_KEY'),
      loadKey(settings.actorKeyFile, 'HEFU_ACTOR_KEY'),
      loadTokenKeys(settings),
      loadVault(settings),
      loadClients(settings.clientsFile),
      loadListenerTls(settings.apiTls, 'HEFU_API_TLS_CERT'),
      loadListenerTls(settings.exchangeTls, 'HEFU_EXCHANGE_TLS_CERT'),
      loadAuthorities(settings.peerCaFile, 'HEFU_PEER_TLS_CA'),
    ])
  const registry = await loadRegistry(settings.registry, pins)
  const files = [
    pins,
    folder,
    registry,
    logSigner,
    witnessSigner,
    actorSigner,
    tokenKeys,
    vaultPlace,
    administrators,
    apiTls,
    exchangeTls,
    peerCa,
  ]
  const problems = files.flatMap((file) => (file.ok ? [] : file.problems))
  if (registry.ok && registry.value !== undefined)
    problems.push(...mismatches(settings, registry.value, { folder, logSigner, witnessSigner }))
  if (!(pins.ok && registry.ok && logSigner.ok && witnessSigner.ok && actorSigner.ok && tokenKeys.ok)) return { ok: false, problems }
  if (!(vaultPlace.ok && administrators.ok && apiTls.ok && exchangeTls.ok && peerCa.ok)) return { ok: false, problems }
  if (problems.length > 0) return { ok: false, problems }
  const trust = { pins: pins.value, registry: settings.registry, keys: settings.keysFolder }
  const signers = { logSigner: logSigner.value, witnessSigner: witnessSigner.value, actorSigner: actorSigner.value }
  const tls = { api: apiTls.value, exchange: exchangeTls.value, peerCaFile: settings.peerCaFile, peerCa: peerCa.value }
  const access = { ...tokenKeys.value, administrators: administrators.value }
  return { ok: true, value: { trust, found: registry.value, ...signers, ...access, vaultPlace: vaultPlace.value, tls } }
}

async function loadClients(path: string): Promise<Parsed<readonly Administrator[]>> {
  const json = await loadJson(path, 'HEFU_CLIENTS')
  if (!json.ok) return json
  const parsed = parseClients(json.value)
  if (parsed.ok) return { ok: true, value: parsed.administrators }
  return { ok: false, problems: parsed.problems.map(({ pointer, zh, en }) => ({ setting: `HEFU_CLIENTS ${pointer}`, zh, en })) }
}
