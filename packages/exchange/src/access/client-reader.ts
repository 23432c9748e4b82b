import type { Context } from '../context.ts'
import { HefuError } from '../errors.ts'
import { type ClientRow, readClients } from './client-store.ts'

export type ClientReader = (client: string) => Promise<ClientRow | undefined>

/**
 * Reads the clients' rows, in one statement for all who ask while another is on its way. Whoever asks is answered by a statement that began after
 * the question, so that a revocation holds from the moment it is committed, on every process; and under load a hundred requests share one
 * round trip (ADR 0019). Throws HefuError `unavailable`: who cannot be asked about is let in nowhere.
 */
export function clientReader({ db }: Pick<Context, 'db'>): ClientReader {
  let waiting = new Map<string, PromiseWithResolvers<ClientRow | undefined>>()
  let isReading = false

  async function readAll(): Promise<void> {
    isReading = true
    while (waiting.size > 0) {
      const asked = waiting
      waiting = new Map()
      try {
        const rows = new Map((await readClients(db, [...asked.keys()])).map((row) => [row.client, row]))
        for (const [client, { resolve }] of asked) resolve(rows.get(client))
      } catch (cause) {
        for (const { reject } of asked.values()) reject(new HefuError('unavailable', { cause }))
      }
    }
    isReading = false
  }

  return (client) => {
    const question = waiting.get(client) ?? Promise.withResolvers<ClientRow | undefined>()
    waiting.set(client, question)
    if (!isReading) void readAll()
    return question.promise
  }
}
