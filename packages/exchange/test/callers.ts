import { generateKeyPairSync } from 'node:crypto'
import { procedures } from '@hefu/procedures'
import { publicJwk, signerOf } from '@hefu/protocol'
import { type Access, openAccess } from '../src/access/open-access.ts'
import { scopesOfRole } from '../src/access/scopes.ts'
import type { Caller, Context, Role } from '../src/context.ts'

/** A caller with all that the role may have. */
export function callerOf(client: string, role: Role, agency: string | null = null): Caller {
  return { client, role, agency, scopes: new Set(scopesOfRole(procedures, role)), actor: null }
}

export function testAccess(db: Context['db']): Access {
  const { privateKey } = generateKeyPairSync('ed25519')
  const key = { signer: signerOf(privateKey), jwk: publicJwk(privateKey) }
  return openAccess({ db }, { key, tokenSeconds: 600, apiUrl: 'http://bureau.test' })
}
