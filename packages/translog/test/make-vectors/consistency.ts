import { proveConsistency } from '../../src/index.ts'
import { ExampleLog } from './example-log.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** Content of vectors/consistency.json: proofs between sizes of one log, and proofs that must fail. */
export async function buildConsistency() {
  const log = ExampleLog.create(300)
  const proof = async (oldSize: number, newSize: number) => ({
    oldSize,
    oldRootHex: hex((await log.checkpoint(oldSize)).root),
    newSize,
    newRootHex: hex((await log.checkpoint(newSize)).root),
    pathHex: (await proveConsistency(oldSize, newSize, log.tiles.read)).map(hex),
  })
  const sizes = [1, 2, 3, 4, 7, 8, 256, 300]
  const proofs = []
  for (const newSize of sizes) for (const oldSize of sizes) if (oldSize <= newSize) proofs.push(await proof(oldSize, newSize))

  const good = await proof(3, 7)
  const fork = await ExampleLog.create(7, { prefix: 'other entry' }).checkpoint(7)
  const zero = '00'.repeat(32)
  const invalid = [
    { why: 'from the empty tree', ...good, oldSize: 0, pathHex: [] },
    { why: 'from the empty tree, with hashes', ...good, oldSize: 0 },
    { why: 'from the empty tree to the first leaf', ...(await proof(1, 1)), oldSize: 0, pathHex: [(await proof(1, 1)).newRootHex] },
    { why: 'from the empty tree to itself', ...good, oldSize: 0, newSize: 0, oldRootHex: good.newRootHex, pathHex: [] },
    { why: 'the old tree is the larger one', ...good, oldSize: 7, newSize: 3, oldRootHex: good.newRootHex, newRootHex: good.oldRootHex },
    { why: 'negative size', ...good, oldSize: -3 },
    { why: 'half a leaf', ...good, oldSize: 3.5 },
    { why: 'same size, other roots', ...good, oldSize: 7, pathHex: [] },
    { why: 'same size and root, with a hash', ...(await proof(7, 7)), pathHex: [zero] },
    { why: 'path cut short', ...good, pathHex: good.pathHex.slice(0, -1) },
    { why: 'path too long', ...good, pathHex: [...good.pathHex, zero] },
    { why: 'empty path', ...good, pathHex: [] },
    { why: 'hash of 31 bytes', ...good, pathHex: [zero.slice(2), ...good.pathHex.slice(1)] },
    { why: 'path in the other order', ...good, pathHex: good.pathHex.toReversed() },
    { why: 'another old size', ...good, oldSize: 4 },
    { why: 'another new size', ...good, newSize: 9 },
    { why: 'the root of another history', ...good, newRootHex: hex(fork.root) },
    { why: 'the old root is not in it', ...good, oldRootHex: zero },
  ]
  return { proofs, invalid }
}
