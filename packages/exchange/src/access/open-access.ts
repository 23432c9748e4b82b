import type { KeyPair, PublicJwk } from '@hefu/protocol'
import type { Context } from '../context.ts'
import { type TokenVerifier, tokenVerifier } from './access-token.ts'
import { type AssertionKeeper, assertionKeeper } from './assertion-keeper.ts'
import { type Attempts, countAttempts } from './attempts.ts'
import { type ClientReader, clientReader } from './client-reader.ts'

/** What a node needs to know its callers. */
export interface Access {
  /** The address under which clients know the local API: what tokens are from and for. */
  readonly issuer: string
  /** Signs access tokens, and nothing else. */
  readonly key: KeyPair
  /** Whose tokens are taken: those of `key`, and during a rotation those of the key before it or after it. */
  readonly verifyKeys: readonly PublicJwk[]
  readonly tokenSeconds: number
  readonly readClient: ClientReader
  readonly keepAssertion: AssertionKeeper
  readonly verifyToken: TokenVerifier
  readonly attempts: Attempts
  /** Where the API listens, which is its address unless the settings name another. */
  listens(url: string): void
}

export interface AccessOptions {
  readonly key: KeyPair
  /** Signs nothing; its tokens are taken as well. */
  readonly otherKey?: KeyPair | undefined
  readonly tokenSeconds: number
  /** Undefined: wherever the API listens. */
  readonly apiUrl?: string | undefined
}

export function openAccess({ db }: Pick<Context, 'db'>, { key, otherKey, tokenSeconds, apiUrl }: AccessOptions): Access {
  let issuer = apiUrl
  const verifyKeys = otherKey === undefined || otherKey.jwk.kid === key.jwk.kid ? [key.jwk] : [key.jwk, otherKey.jwk]
  return {
    get issuer() {
      if (issuer === undefined) throw new Error('the local API does not listen yet')
      return issuer
    },
    key,
    verifyKeys,
    tokenSeconds,
    readClient: clientReader({ db }),
    keepAssertion: assertionKeeper({ db }),
    verifyToken: tokenVerifier(verifyKeys),
    attempts: countAttempts(),
    listens(url) {
      issuer ??= url
    },
  }
}
