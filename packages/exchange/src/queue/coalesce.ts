/**
 * Runs the work of one key one at a time. What is asked for while it runs is done once more after it, once for all who asked meanwhile:
 * whoever asks is served by a run that began after the question.
 */
export function coalesce(): { run(key: string, work: () => Promise<void>): Promise<void>; idle(): Promise<void> } {
  const running = new Map<string, Promise<void>>()
  const following = new Map<string, Promise<void>>()
  const start = (key: string, work: () => Promise<void>): Promise<void> => {
    const run = work().finally(() => running.delete(key))
    running.set(key, run)
    return run
  }
  return {
    run(key, work) {
      const current = running.get(key)
      if (current === undefined) return start(key, work)
      const waiting = following.get(key)
      if (waiting !== undefined) return waiting
      const next = current
        .catch(() => {})
        .then(async () => {
          following.delete(key)
          await start(key, work)
        })
      following.set(key, next)
      return next
    },
    async idle() {
      while (running.size + following.size > 0) await Promise.allSettled([...running.values(), ...following.values()])
    },
  }
}
