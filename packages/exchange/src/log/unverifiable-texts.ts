import { createHash, hash } from 'node:crypto'
import type { LogFact } from '@hefu/protocol'
import type { Context } from '../context.ts'
import { logFact } from './pending-log-store.ts'

const ENTRY_EVERY_MS = 60_000

/** What could not be verified, until it is written: a stranger who sends without end fills no log (protocol.md section 4). */
export class UnverifiableTexts {
  #count = 0
  #digests = createHash('sha256')
  #nextMs = 0
  #unwritten: LogFact | undefined

  add(texts: readonly string[]): void {
    for (const text of texts) this.#digests.update(hash('sha256', text, 'buffer'))
    this.#count += texts.length
  }

  /** Takes out what is to be written now, or undefined; `atOnce`: the node ends. */
  take(nowMs: number, { atOnce = false } = {}): LogFact | undefined {
    if (!atOnce && nowMs < this.#nextMs) return undefined
    const unwritten = this.#unwritten
    this.#unwritten = undefined
    if (unwritten || this.#count === 0) {
      this.#nextMs = unwritten ? nowMs + ENTRY_EVERY_MS : this.#nextMs
      return unwritten
    }
    const fact = { kind: 'refusal', reason: 'unverifiable', count: this.#count, digest: this.#digests.digest('base64url') } as const
    this.#count = 0
    this.#digests = createHash('sha256')
    this.#nextMs = nowMs + ENTRY_EVERY_MS
    return fact
  }

  /** What could not be written is the next to be written. */
  putBack(fact: LogFact): void {
    this.#unwritten = fact
  }
}

type UnverifiableContext = Pick<Context, 'db' | 'now' | 'log' | 'unverifiable'>

/** Nothing of such texts is kept and nothing is promised about them, so a log that cannot be written changes no answer. */
export async function logUnverifiable(ctx: UnverifiableContext, options: { readonly atOnce?: boolean } = {}): Promise<void> {
  const fact = ctx.unverifiable.take(ctx.now(), options)
  if (fact === undefined) return
  try {
    await logFact(ctx, fact)
  } catch (error) {
    ctx.unverifiable.putBack(fact)
    ctx.log.warn({ event: 'unverifiable.unlogged', error: (error as Error).name }, 'unverifiable.unlogged')
  }
}
