export {
  type AddCheckpoint,
  type AddCheckpointCode,
  formatAddCheckpoint,
  MAX_ADD_CHECKPOINT_BYTES,
  parseAddCheckpoint,
  parseRecordedSize,
} from './add-checkpoint.ts'
export { buildTree, type Tree, treeRoot } from './build-tree.ts'
export {
  type Checkpoint,
  type CheckpointCode,
  type CheckpointNote,
  formatCheckpoint,
  parseCheckpoint,
  parseCheckpointNote,
} from './checkpoint.ts'
export {
  appendLeaves,
  type CompactRange,
  EMPTY_RANGE,
  formatCompactRange,
  type OnNode,
  parseCompactRange,
  rangeRoot,
} from './compact-range.ts'
export { formatEntryBundle, MAX_ENTRY_BYTES, parseEntryBundle } from './entry-bundle.ts'
export { growTiles, type TileGrowth } from './grow-tiles.ts'
export { type HashLinesCode, MAX_PROOF_HASHES } from './hash-lines.ts'
export {
  type AddCheckpointJudgement,
  judgeAddCheckpoint,
  type OpenedAddCheckpoint,
  type OpenedOrRefused,
  openAddCheckpoint,
  SIZE_CONTENT_TYPE,
  type WitnessedHead,
} from './judge-add-checkpoint.ts'
export {
  formatNote,
  formatSignatureLine,
  MAX_NOTE_BYTES,
  MAX_SIGNATURES,
  type NoteCode,
  type NoteSignature,
  parseNote,
  type SignedNote,
} from './note.ts'
export { isKeyName, MAX_NAME_BYTES, type TextCode } from './note-text.ts'
export type { Parsed } from './parsed.ts'
export { formatPolicies, type Policy, type PolicyCode, parsePolicies, policyFor } from './policy.ts'
export { MAX_WITNESSES, type PolicyRule } from './policy-rules.ts'
export { proveConsistency, proveInclusion, readCompactRange, readRoot } from './prove.ts'
export { type CosignaturesCode, readCosignatures } from './read-cosignatures.ts'
export type { ReadTiles } from './read-nodes.ts'
export { cosignCheckpoint, type NoteSigner, signNote } from './sign-note.ts'
export { parseTilePath, tilePath } from './tile-path.ts'
export { changedTiles, type EntryBundle, formatTile, parseTile, TILE_HEIGHT, TILE_WIDTH, type Tile, tileWidth } from './tiles.ts'
export {
  formatTlogProof,
  parseTlogProof,
  splitTlogProof,
  type TlogProof,
  type TlogProofCode,
  type TlogProofFault,
  verifyTlogProof,
} from './tlog-proof.ts'
export { type TranslogCode, TranslogError } from './translog-error.ts'
export { emptyRoot, HASH_BYTES, leafHash, nodeHash } from './tree-hash.ts'
export {
  COSIGNATURE_V1,
  ED25519,
  formatVerifierKey,
  parseVerifierKey,
  type SignatureType,
  type VerifierKey,
  type VerifierKeyCode,
  verifierKey,
} from './verifier-key.ts'
export {
  type Cosignature,
  type CosignedCheckpoint,
  type SignedCheckpoint,
  type VerifiedCheckpoint,
  type VerifyCheckpointCode,
  verifyCheckpoint,
  verifyCosigned,
  verifyLogSignature,
} from './verify-checkpoint.ts'
export { type Consistency, verifyConsistency } from './verify-consistency.ts'
export { type Inclusion, verifyInclusion } from './verify-inclusion.ts'
export { type NoteSignatureCode, type VerifiedSignature, verifyNote } from './verify-note.ts'
