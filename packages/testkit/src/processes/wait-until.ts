import { setTimeout as sleep } from 'node:timers/promises'

/** Resolves when the condition holds; throws when it does not within `withinMs`. Looks every `everyMs`. */
export async function waitUntil(condition: () => boolean | Promise<boolean>, withinMs: number, everyMs = 25): Promise<void> {
  const until = performance.now() + withinMs
  while (!(await condition())) {
    if (performance.now() > until) throw new Error(`not within ${withinMs} ms: ${condition}`)
    await sleep(everyMs)
  }
}
