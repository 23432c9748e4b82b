import type { Context } from '../context.ts'
import { shareRuns } from '../db/share-runs.ts'
import { HefuError } from '../errors.ts'
import { type ClientRow, readClients } from './client-store.ts'

export type ClientReader = (client: string) => Promise<ClientRow | undefined>

/**
 * Reads the clients' rows, in one statement for all who ask while another is on its way: a revocation holds from the moment it is committed, on
 * every process; and under load a hundred requests share one round trip (ADR 0019). Throws HefuError `unavailable`: who cannot be
 * asked about is let in nowhere.
 */
export function clientReader({ db }: Pick<Context, 'db'>): ClientReader {
  return shareRuns(async (clients: readonly string[]) => {
    try {
      const rows = new Map((await readClients(db, [...new Set(clients)])).map((row) => [row.client, row]))
      return clients.map((client) => rows.get(client))
    } catch (cause) {
      throw new HefuError('unavailable', { cause })
    }
  })
}
