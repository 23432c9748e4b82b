/** One request as the proxy saw it, and one answer as the target gave it. */
export type SeenRequest = { method: string; path: string; headers: Readonly<Record<string, string | string[] | undefined>>; body: Buffer }
export type SeenAnswer = { status: number; headers: Readonly<Record<string, string | string[] | undefined>>; body: Buffer }

/** What can go wrong on a directed link. */
export type Fault =
  /** The connection is reset; the target never sees the request. */
  | { kind: 'drop-request' }
  /** The target answers; the sender sees a reset instead. */
  | { kind: 'drop-answer' }
  /** The target gets the request twice at the same time; the sender gets the first one's answer. */
  | { kind: 'duplicate' }
  | { kind: 'delay'; ms: number }
  /** One byte in the middle of the body has one bit flipped. */
  | { kind: 'corrupt'; part: 'request' | 'answer' }
  /** `refuse`: reset at once. `hang`: no answer until the fault is removed, then reset. */
  | { kind: 'cut'; how: 'refuse' | 'hang' }
  /** Something between the nodes answers in the target's place. */
  | { kind: 'status'; status: number; body?: string; contentType?: string; headers?: Record<string, string> }
  | { kind: 'replace-answer'; replace: (answer: SeenAnswer, request: SeenRequest) => { status?: number; body: Buffer | string } }
  /** Waits, and goes on when the fault is removed. */
  | { kind: 'hold' }

/**
 * `times`: ends by itself after so many requests. `when`: only requests like these. `log`: requests of the exchange log too; they come by
 * themselves at any time, so without it they pass, and a cut stops them without counting them.
 */
export type FaultOptions = { times?: number; when?: (request: SeenRequest) => boolean; log?: boolean }

export const OF_THE_LOG = /^\/exchange\/v1\/(log|witness)\//

/** A fault that has been put on a link. */
export type InjectedFault = {
  /** How many requests it has hit. */
  hits(): number
  /** Resolves when it has hit so many requests. */
  hit(count?: number): Promise<void>
  /** Ends the fault; what it holds goes on. */
  remove(): void
}

export type ActiveFault = InjectedFault & {
  fault: Fault
  /** Whether the fault applies to this request; counts when it does. */
  take(request: SeenRequest): boolean
  removed: Promise<void>
}

export function activate(fault: Fault, options: FaultOptions): ActiveFault {
  let hits = 0
  let gone = false
  let leave = () => {}
  const removed = new Promise<void>((resolve) => {
    leave = resolve
  })
  const waiters: { count: number; resolve: () => void }[] = []
  return {
    fault,
    removed,
    hits: () => hits,
    hit: (count = 1) =>
      new Promise((resolve) => {
        if (hits >= count) resolve()
        else waiters.push({ count, resolve })
      }),
    remove() {
      gone = true
      leave()
    },
    take(request) {
      if (options.log !== true && OF_THE_LOG.test(request.path)) return !gone && fault.kind === 'cut'
      if (gone || hits >= (options.times ?? Number.POSITIVE_INFINITY) || options.when?.(request) === false) return false
      hits++
      for (const waiter of waiters) if (hits >= waiter.count) waiter.resolve()
      return true
    },
  }
}

export function flipOneBit(body: Buffer): Buffer {
  const changed = Buffer.from(body)
  const middle = Math.floor(changed.length / 2)
  const byte = changed[middle]
  if (byte !== undefined) changed[middle] = byte ^ 0x01
  return changed
}
