import { createHash, timingSafeEqual } from 'node:crypto'
import type { Caller } from '../context.ts'
import type { Client } from './parse-clients.ts'

/**
 * The client whose bearer token this is, or null. Hashes are compared in constant time and all of them are compared, so that
 * an attacker learns from the time of an answer neither how much of a token was right nor which client it resembles.
 */
export function findCaller(clients: readonly Client[], token: string): Caller | null {
  const hash = createHash('sha256').update(token, 'utf8').digest()
  let found: Client | null = null
  for (const client of clients) {
    if (timingSafeEqual(hash, Buffer.from(client.tokenSha256, 'hex'))) found = client
  }
  return found && { client: found.client, role: found.role, agency: found.agency }
}
