/**
 * `hash-length`: a hash that is not 32 bytes; `range`: a size, index or width outside the tree or beyond 2^53 − 1;
 * `tile`: a source gave a tile too short or too long for the tree; `entry-size`: an entry that no bundle can hold;
 * `text`: text that cannot be signed as a note; `key-type`: a key of the wrong signature type;
 * `signer`: the signer's signature does not verify under the key it was said to have; `policy`: a policy that no parser would accept;
 * `proof-length`: more hashes than a proof file or a witness request may have.
 */
export type TranslogCode = 'hash-length' | 'range' | 'tile' | 'entry-size' | 'text' | 'key-type' | 'signer' | 'policy' | 'proof-length'

/** Thrown for what the caller did wrong or its storage lost. What strangers send is answered with a code and never thrown. */
export class TranslogError extends Error {
  readonly code: TranslogCode

  constructor(code: TranslogCode, message: string) {
    super(message)
    this.name = 'TranslogError'
    this.code = code
  }
}
