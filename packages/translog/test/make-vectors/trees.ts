import { buildTree, leafHash } from '../../src/index.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** Content of vectors/trees.json: whole small trees with the path of every leaf, and proofs that must fail. */
export function buildTrees() {
  const trees = [0, 1, 2, 3, 5, 8, 13].map((size) => {
    const data = Array.from({ length: size }, (_, n) => Buffer.from(`leaf ${n}`))
    const { root, paths } = buildTree(data.map(leafHash))
    return { size, leafDataHex: data.map(hex), rootHex: hex(root), pathsHex: paths.map((path) => path.map(hex)) }
  })
  return { trees, invalidProofs: invalidProofs() }
}

function invalidProofs() {
  const leaves = Array.from({ length: 5 }, (_, n) => leafHash(Buffer.from(`leaf ${n}`)))
  const { root, paths } = buildTree(leaves)
  const good = { leafHex: hex(leaves[2] as Uint8Array), index: 2, size: 5, pathHex: (paths[2] ?? []).map(hex), rootHex: hex(root) }
  const zero = '00'.repeat(32)
  return [
    { why: 'another leaf', ...good, leafHex: hex(leaves[3] as Uint8Array) },
    { why: 'another index', ...good, index: 3 },
    { why: 'index outside the tree', ...good, index: 5 },
    { why: 'negative index', ...good, index: -1 },
    { why: 'another size', ...good, size: 2 },
    { why: 'size of the empty tree', ...good, size: 0, index: 0 },
    { why: 'path cut short', ...good, pathHex: good.pathHex.slice(0, -1) },
    { why: 'path too long', ...good, pathHex: [...good.pathHex, zero] },
    { why: 'path in the other order', ...good, pathHex: good.pathHex.toReversed() },
    { why: 'empty path', ...good, pathHex: [] },
    { why: 'hash of 31 bytes', ...good, pathHex: [zero.slice(2), ...good.pathHex.slice(1)] },
    { why: 'another root', ...good, rootHex: zero },
    { why: 'the root as its own leaf', ...good, leafHex: good.rootHex, pathHex: [] },
    {
      why: 'an inner node as a leaf of a smaller tree',
      ...good,
      index: 0,
      size: 2,
      leafHex: good.pathHex.at(-2) ?? '',
      pathHex: good.pathHex.slice(-1),
    },
  ]
}
