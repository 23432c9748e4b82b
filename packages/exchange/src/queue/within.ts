/** Thrown by `within` when the time is up. */
export class TimeIsUp extends Error {
  override name = 'TimeIsUp'
}

/**
 * Waits for a promise no longer than `limitMs`, then rejects with TimeIsUp. What the promise does later is ignored, so a
 * late failure is not an unhandled rejection.
 */
export async function within<T>(limitMs: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const timeUp = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimeIsUp(`no answer within ${limitMs} ms`)), limitMs)
  })
  try {
    return await Promise.race([promise, timeUp])
  } finally {
    clearTimeout(timer)
  }
}
