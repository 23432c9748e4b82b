import type { KeyPair } from '@hefu/protocol'
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
  readonly tokenSeconds: number
  /** Undefined: wherever the API listens. */
  readonly apiUrl?: string | undefined
}

export function openAccess({ db }: Pick<Context, 'db'>, { key, tokenSeconds, apiUrl }: AccessOptions): Access {
  let issuer = apiUrl
  return {
    get issuer() {
      if (issuer === undefined) throw new Error('the local API does not listen yet')
      return issuer
    },
    key,
    tokenSeconds,
    readClient: clientReader({ db }),
    keepAssertion: assertionKeeper({ db }),
    verifyToken: tokenVerifier(key.jwk),
    attempts: countAttempts(),
    listens(url) {
      issuer ??= url
    },
  }
}
