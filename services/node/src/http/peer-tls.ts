import type { PeerTls } from '@hefu/exchange'
import type { ListenerTls } from '../settings/load-tls.ts'
import { loadTls, readAuthorities } from './tls.ts'

export const LOOK_FOR_CERTIFICATES_MS = 10_000

export interface FollowedPeerTls {
  readonly current: PeerTls | undefined
  /** Takes the files as they are now; those that do not fit one another change nothing. */
  look(): Promise<void>
}

/** What a node shows its peers is the certificate of its own exchange listener, renewed like that. */
export function followPeerTls(tls: ListenerTls | undefined): FollowedPeerTls {
  const { exchange, peerCaFile } = tls ?? {}
  let { cert, key }: { cert?: string; key?: string } = exchange?.options ?? {}
  let ca = tls?.peerCa
  let current = toPeerTls()
  function toPeerTls(): PeerTls | undefined {
    return cert === undefined && ca === undefined ? undefined : { ca, cert, key }
  }
  return {
    get current() {
      return current
    },
    async look() {
      const loaded = exchange && (await loadTls(exchange.files))
      if (loaded?.ok) ({ cert, key } = loaded.tls.options)
      if (peerCaFile !== undefined) ca = (await readAuthorities(peerCaFile)) ?? ca
      current = toPeerTls()
    },
  }
}
