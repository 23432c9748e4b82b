import { buildConsistency } from './consistency.ts'
import { buildNotes } from './notes.ts'
import { buildPolicies } from './policies.ts'
import { buildProofFiles } from './proof-files.ts'
import { buildTiles } from './tiles.ts'
import { buildTrees } from './trees.ts'
import { buildWitness } from './witness.ts'

/** What is committed in packages/translog/vectors, by the name of the file. */
export const allVectors = {
  trees: buildTrees,
  consistency: buildConsistency,
  tiles: buildTiles,
  notes: buildNotes,
  policies: buildPolicies,
  'proof-files': buildProofFiles,
  witness: buildWitness,
}
