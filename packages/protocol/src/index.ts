export { isAddressRange } from './address-range.ts'
export {
  type Agreement,
  type AgreementRule,
  type AgreementUse,
  agreementName,
  alteredAgreements,
  brokenRule,
  fieldsNotAgreed,
  isInForce,
} from './agreement.ts'
export {
  type Answer,
  type AnswerEntry,
  answerSchema,
  type InvalidAnswer,
  type Outcome,
  type ReceiptedOutcome,
  type SentBatch,
  verifyAnswer,
} from './answer.ts'
export { base64urlPattern, fromBase64url, SHA256_TEXT, toBase64url } from './base64url.ts'
export { type CanonicalValue, canonicalJson } from './canonical-json.ts'
export {
  type ClaimProblem,
  type KnownClaims,
  type MessageClaims,
  messageClaims,
  type ParsedClaims,
  parseClaims,
} from './claims.ts'
export { type ClientAssertion, clientAssertionForm } from './client-assertion.ts'
export * from './constants.ts'
export {
  type ContentAnswer,
  type ContentRequest,
  contentAnswerClaims,
  contentRequestClaims,
  ERASURE_REASONS,
  type ErasureReason,
  HELD_BASES,
  RECALL_REASONS,
  RECALL_REFUSALS,
  type RecallReason,
  signContentAnswer,
  signContentRequest,
  type VerifiedContent,
  verifyContentAnswer,
  verifyContentRequest,
} from './content-request.ts'
export { messageDigest } from './digest.ts'
export {
  type EvidenceContent,
  type EvidenceDocument,
  type EvidenceLogProof,
  type EvidencePackage,
  evidencePackage,
  MAX_EVIDENCE_BYTES,
} from './evidence.ts'
export {
  agreementByName,
  type Federation,
  findAgreements,
  keyOwner,
  keyOwnerAt,
  type ParsedFederation,
  parseFederation,
  regionById,
  regionOfAgency,
} from './federation.ts'
export type {
  Agency,
  FederationFile,
  KnownKey,
  Region,
} from './federation-file.ts'
export { policiesOf, policyOf, quorumOf } from './federation-logs.ts'
export { federationFileOf, federationOf } from './federation-of.ts'
export type { FederationProblem } from './federation-problem.ts'
export { type InboxBody, type InboxBodyCode, joinMessages, splitInboxBody } from './inbox-body.ts'
export { type Judgement, judgeClaims, type Receiver } from './judge-claims.ts'
export { judgeKeyUse, type KeyTimes, type KeyUse, maySign, REVOCATION_REASONS, type RevocationReason } from './judge-key-use.ts'
export {
  generateKeyFile,
  generateSecretFile,
  type KeyFileCode,
  KeyFileError,
  type KeyPair,
  loadKeyPair,
  loadPassphrase,
  loadSecret,
  loadSigner,
  signerOf,
} from './key-file.ts'
export { importPublicJwk, type KeyLookUp, type KeyOwner, type PublicJwk, publicJwk, type Signer, thumbprint } from './keys.ts'
export { type Algorithm, brokenAlgorithms, KNOWN_ANSWERS } from './known-answers.ts'
export {
  formatLogEntry,
  type LogEntry,
  type LogEntryCode,
  type LogEntryKind,
  type LogFact,
  logEntryKinds,
  logEntrySchemas,
  MAX_LOG_ENTRY_BYTES,
  type ParsedLogEntry,
  parseLogEntry,
} from './log-entry.ts'
export {
  type ExportedLeaf,
  type ExportedReceipt,
  type ExportManifest,
  type ExportOffer,
  type ExportPin,
  exportedReceipt,
  exportManifest,
  exportOffer,
  exportPin,
  MAX_RECEIPT_LINE_BYTES,
  parseExported,
  parseReceiptLine,
} from './log-export.ts'
export { isEarlierLog, successorOrigin } from './log-origin.ts'
export {
  judgeManifest,
  type KeyRecord,
  MAX_MANIFEST_BYTES,
  type Manifest,
  type ManifestClaims,
  type ManifestRefusal,
  parseStoredManifest,
  signManifest,
  verifyManifest,
} from './manifest.ts'
export {
  type SignedMessage,
  signMessage,
  signToken,
  UnsignableClaimsError,
  type VerifiedMessage,
  verifyMessage,
  verifyMessages,
} from './message.ts'
export { checkMessageText, type MessageText, type TokenHeader } from './message-text.ts'
export {
  parseReceiptClaims,
  type Receipt,
  type ReceiptExpectation,
  type ReceiptLeaf,
  receiptClaims,
  receiptLeaf,
  receiptLeafHash,
  receiptTree,
  signReceipt,
  type VerifiedReceipt,
  verifyReceipt,
} from './receipt.ts'
export {
  judgeRegistry,
  MAX_REGISTRY_BYTES,
  parsePins,
  parseRegistryClaims,
  parseStoredRegistry,
  type Registry,
  type RegistryClaims,
  type RegistryRefusal,
  type RegistryRegion,
  type RegistryTerm,
  registryTerm,
  signRegistry,
  type VerifiedRegistry,
  verifyRegistry,
} from './registry.ts'
export {
  claimedIssuer,
  REQUEST_SCHEME,
  type RequestClaims,
  type RequestExpectation,
  type RequestToSign,
  requestClaims,
  signRequest,
  type VerifiedRequest,
  verifyRequest,
} from './request.ts'
export { MAX_DEPTH, parseStrictJson, type StrictJsonCode, type StrictJsonResult } from './strict-json.ts'
export { UUID_V7, uuidV7, uuidV7TimeMs } from './uuid-v7.ts'
export { isEd25519Signature, type VerifiedToken, verifyToken } from './verify-signature.ts'
