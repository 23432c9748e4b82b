import { createHash, createHmac } from 'node:crypto'
import type { Signer } from '@hefu/protocol'

const CONTEXT = 'hefu.actor/1'

/**
 * The secret under which the log names persons. Made of the key's own signature over a fixed text, which Ed25519 makes the same each time
 * (RFC 8032): so it is kept in a key file, or behind whatever else can sign, like every other key of the node.
 */
export async function actorKeyOf(signer: Signer): Promise<Uint8Array> {
  const signature = await signer.sign(new TextEncoder().encode(CONTEXT))
  return createHash('sha256').update(CONTEXT).update(signature).digest()
}

/** The same text for the same person: an auditor can follow one, and nobody without the key can tell or try out who it is. */
export function actorName(key: Uint8Array, who: string): string {
  return createHmac('sha256', key).update(who).digest('base64url')
}
