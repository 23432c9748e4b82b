import { createHash } from 'node:crypto'
import type { ClientBase } from 'pg'

/** A statement that begins so is planned once for each connection, and not for each call: a document's own takes longer to plan than to run. */
export const KEPT_PLAN = '/* kept plan */ '

/** Every connection holds every plan. What comes later is planned each time, as everything else is. */
const MAX_PLANS = 32
const names = new Map<string, string>()

/**
 * Only for statements that insert and look nothing up: a plan made while a table was empty would read all of it once it is large, so whatever has
 * a choice of plans is to be planned for the table as it is.
 */
export function keepPlans(client: ClientBase): void {
  const query = client.query.bind(client) as (...given: readonly unknown[]) => unknown
  const keeping = (text: unknown, ...others: readonly unknown[]) => {
    const name = typeof text === 'string' && text.startsWith(KEPT_PLAN) ? nameOf(text) : undefined
    return name === undefined ? query(text, ...others) : query({ name, text }, ...others)
  }
  Object.defineProperty(client, 'query', { value: keeping })
}

function nameOf(text: string): string | undefined {
  const known = names.get(text)
  if (known !== undefined || names.size >= MAX_PLANS) return known
  const name = createHash('sha256').update(text).digest('base64url')
  names.set(text, name)
  return name
}
