/** What this node shows to peers that speak TLS, and whom it believes about them. */
export interface PeerTls {
  /** Authorities (PEM) that alone are believed; undefined: those of the platform. */
  readonly ca?: string | undefined
  /** Its own certificate and key (PEM), for peers that ask for one. */
  readonly cert?: string | undefined
  readonly key?: string | undefined
}
