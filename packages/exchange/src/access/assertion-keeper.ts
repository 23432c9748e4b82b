import type { Context } from '../context.ts'
import { shareRuns } from '../db/share-runs.ts'
import { HefuError } from '../errors.ts'
import { type UsedAssertion, useAssertions } from './client-store.ts'

/** Keeps an assertion's id; false when it was kept before. */
export type AssertionKeeper = (used: UsedAssertion) => Promise<boolean>

/**
 * One statement, and one wait for the disk, for all that come while another is on its way. It is committed before anybody is answered: what was
 * used is used, whatever happens to the process next. Throws HefuError `unavailable`; then no token is given.
 */
export function assertionKeeper({ db }: Pick<Context, 'db'>): AssertionKeeper {
  return shareRuns(async (used: readonly UsedAssertion[]) => {
    try {
      const kept = new Set((await useAssertions(db, used)).map(keyOf))
      // Of two that are the same, the first has it.
      return used.map((one) => kept.delete(keyOf(one)))
    } catch (cause) {
      throw new HefuError('unavailable', { cause })
    }
  })
}

const keyOf = ({ client, jti_digest }: UsedAssertion) => `${client} ${jti_digest}`
