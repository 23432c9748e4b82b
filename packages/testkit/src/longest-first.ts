import type { TestSpecification } from 'vitest/node'
import { BaseSequencer } from 'vitest/node'

/**
 * Files that take longest, longest first: begun last, one of them would keep a single worker busy while the others have nothing left to
 * do. Only an order: a file that is not here, or no longer takes long, costs a little time and nothing else.
 */
const longest = [
  'testkit/test/faults/restored-backup',
  'testkit/test/ground/sandbox',
  'cli/test/hefu',
  'exchange/test/imports/imports',
  'exchange/test/queue/queue',
  'testkit/test/faults/crash-points',
  'testkit/test/faults/killed-sequencer',
  'testkit/test/federation/tampering',
  'exchange/test/inbox/lock-order',
  'testkit/test/faults/killed-witnessing',
  'testkit/test/faults/idle-outage',
  'testkit/test/faults/personal-data',
  'testkit/test/federation/trust',
  'testkit/test/ground/start-postgres',
  'cli/test/trust-commands',
  'exchange/test/reconcile/heads',
  'testkit/test/federation/bad-input',
  'testkit/test/ground/start-federation',
  'testkit/test/demo/demo',
  'testkit/test/federation/log-promises',
  'testkit/test/federation/membership',
  'testkit/test/faults/review',
  'testkit/test/faults/dishonest-peer',
  'testkit/test/federation/operators',
  'testkit/test/faults/cut-link',
  'services/node/test/process',
]

/** The usual order, behind the files that are known to take long. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const usual = await super.sort(files)
    return usual.toSorted((one, other) => placeOf(one) - placeOf(other))
  }
}

function placeOf({ moduleId }: TestSpecification): number {
  const at = longest.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`))
  return at === -1 ? longest.length : at
}
