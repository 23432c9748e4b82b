import { randomUUID } from 'node:crypto'
import { CLIENT_ASSERTION_TYP } from './constants.ts'
import type { Signer } from './keys.ts'
import { signToken } from './message.ts'

/** Longest life that a node takes (RFC 7523 section 3 leaves it to the server): a minute is plenty. */
const SECONDS = 60

export interface ClientAssertion {
  readonly client: string
  /** The node's issuer, alone: an assertion for one node must be of no use at another. */
  readonly issuer: string
  /** All that the client has, where absent. */
  readonly scopes?: readonly string[] | undefined
  /** Epoch seconds. */
  readonly now: number
}

/** The body of a request for an access token (RFC 6749 section 4.4, private_key_jwt): used once, within a minute. */
export async function clientAssertionForm({ client, issuer, scopes, now }: ClientAssertion, signer: Signer): Promise<string> {
  const claims = { iss: client, sub: client, aud: issuer, jti: randomUUID(), iat: now, exp: now + SECONDS }
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await signToken(Buffer.from(JSON.stringify(claims)), CLIENT_ASSERTION_TYP, signer),
    ...(scopes === undefined ? {} : { scope: scopes.join(' ') }),
  })
  return form.toString()
}
