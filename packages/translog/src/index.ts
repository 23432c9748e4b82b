export { buildTree, type Tree, treeRoot } from './build-tree.ts'
export { emptyRoot, HASH_BYTES, leafHash, nodeHash } from './tree-hash.ts'
export { type Inclusion, verifyInclusion } from './verify-inclusion.ts'
