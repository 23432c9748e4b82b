// @sigstore/verify exports neither: its RFC 6962 verifier and its checkpoint reader are internal modules of the pinned version.
import { LogCheckpoint, verifyCheckpoint as sigstoreCheckpoint } from '@sigstore/verify/dist/tlog/checkpoint.js'
import { verifyMerkleInclusion } from '@sigstore/verify/dist/tlog/merkle.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { verifyCheckpoint, verifyInclusion } from '../src/index.ts'
import { inclusionRanges } from '../src/prove.ts'
import { ExampleLog } from './make-vectors/example-log.ts'
import { examplePolicy } from './make-vectors/policies.ts'
import { log, otherLog, witnessA, witnessB } from './make-vectors/test-keys.ts'
import { hashOf, leaves, SIZE } from './range-hashes.ts'

type Entry = Parameters<typeof verifyMerkleInclusion>[0]

/** Their verdict: they throw where we answer false. */
function agrees(run: () => unknown): boolean {
  try {
    run()
    return true
  } catch {
    return false
  }
}

function entryOf(index: number, body: Uint8Array, hashes: readonly Uint8Array[], envelope = ''): Entry {
  const proof = {
    logIndex: String(index),
    rootHash: Buffer.alloc(0),
    treeSize: '0',
    hashes: hashes.map((hash) => Buffer.from(hash)),
    checkpoint: { envelope },
  }
  return { canonicalizedBody: Buffer.from(body), inclusionProof: proof } as unknown as Entry
}

test('2,000 inclusion proofs, good and bad: the same verdict on each', () => {
  const verdicts = { good: 0, bad: 0 }
  const judge = (index: number, claimed: number, size: number, path: readonly Uint8Array[]): void => {
    const root = hashOf([0, size])
    const ours = verifyInclusion({ leaf: leaves[index] as Uint8Array, index: claimed, size, path, root })
    const head = new LogCheckpoint('x', BigInt(size), Buffer.from(root), [])
    const theirs = agrees(() => verifyMerkleInclusion(entryOf(claimed, Buffer.from(`L${index}`), path), head))
    expect(ours, `${claimed} of ${size}`).toBe(theirs)
    verdicts[ours ? 'good' : 'bad']++
  }
  fc.assert(
    fc.property(fc.integer({ min: 1, max: SIZE }), fc.nat(), fc.nat(), fc.nat(3), (size, at, other, how) => {
      const index = at % size
      const path = inclusionRanges(index, size).map(hashOf)
      judge(index, index, size, path)
      if (how === 0) judge(index, other % (size + 2), size, path)
      if (how === 1) judge(index, index, size, path.slice(0, -1))
      if (how === 2) judge(index, index, size, [...path, hashOf([0, 1])])
      if (how === 3) judge(index, index, size, path.toReversed())
    }),
    { numRuns: 1000 },
  )
  expect(verdicts.good).toBeGreaterThanOrEqual(1000)
  expect(verdicts.bad).toBeGreaterThan(700)
})

test('checkpoints: read alike, and the log’s signature judged alike', async () => {
  const example = ExampleLog.create(300)
  const authority = { logID: Buffer.from(log.key.keyId, 'hex'), baseURL: log.key.name, publicKey: log.key.key }
  const theirs = (note: string): boolean =>
    agrees(() =>
      sigstoreCheckpoint(entryOf(0, Buffer.alloc(0), [], note), [authority as unknown as Parameters<typeof sigstoreCheckpoint>[1][number]]),
    )
  for (let size = 0; size <= 300; size += 4) {
    const note = await example.note(size, size % 3 === 0 ? [witnessA, witnessB] : [], size % 5 === 0 ? ['extension'] : [])
    const ours = verifyCheckpoint(note, examplePolicy)
    expect(ours.ok && theirs(note)).toBe(true)
    if (!ours.ok) continue
    const read = LogCheckpoint.fromString(ours.value.text)
    const { origin, size: ownSize, root, extensions } = ours.value.checkpoint
    expect([read.origin, read.logSize, read.logHash, read.rest]).toEqual([origin, BigInt(ownSize), root, extensions])
    const broken = [note.replace(`\n${size}\n`, `\n${size + 1}\n`), note.replace(origin, 'x')]
    // They look at one signature alone, so the last line is broken only where it is the log's.
    if (size % 3 !== 0) broken.push(note.replace(/.{8}\n$/, 'AAAAAAA=\n'))
    for (const wrong of broken) expect([verifyCheckpoint(wrong, examplePolicy).ok, theirs(wrong)]).toEqual([false, false])
  }
  expect(theirs(await ExampleLog.create(3, { signer: otherLog }).note(3))).toBe(false)
})
