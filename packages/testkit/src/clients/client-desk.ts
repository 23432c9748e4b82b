import { generateKeyPairSync } from 'node:crypto'
import { requestToken, type Token } from '@hefu/cli'
import { publicJwk, type Signer, signerOf } from '@hefu/protocol'
import { apiClient } from '../api-client.ts'
import type { TrialClient } from '../federation-files.ts'
import { type Administrators, type ClientPlace, enrolClient, enrolUsualClients } from './enrol-clients.ts'

/** Where a test gets tokens of one running node: each when it is first needed, and anew when the node's clock has passed its end. */
export interface ClientDesk {
  enrol(): Promise<void>
  token(name: TrialClient, agency?: string): Promise<string>
}

const SPARE_MS = 60_000

export function openClientDesk(place: ClientPlace): ClientDesk {
  const { api, region, clients, now } = place
  const tokens = new Map<string, { readonly token: Promise<Token>; readonly atMs: number }>()
  const officers = new Map<string, Promise<Signer>>()
  // With tokens as they are needed: a test may move the clock past the end of one.
  const administrators: Administrators = {
    first: apiClient(api, () => token('security')),
    second: apiClient(api, () => token('security2')),
  }

  /** An officer of another agency of the region, enrolled when one is asked for. */
  async function enrolOfficer(agency: string): Promise<Signer> {
    const { privateKey } = generateKeyPairSync('ed25519')
    const client = idOf(agency)
    await enrolClient(administrators, { client, role: 'officer', agency, keys: [publicJwk(privateKey)] })
    return signerOf(privateKey)
  }
  // A restarted node knows the earlier officer of that agency, whose key is gone.
  const opened = now()
  const idOf = (agency: string) => `officer-${agency}-${opened}`

  async function request(name: TrialClient, agency: string): Promise<Token> {
    if (name !== 'officer' || agency === `${region}-0001`) {
      const { id, keyFile } = clients[name]
      return await requestToken({ api, client: id, key: keyFile, nowMs: now() })
    }
    const officer = officers.get(agency) ?? enrolOfficer(agency)
    officers.set(agency, officer)
    return await requestToken({ api, client: idOf(agency), key: await officer, nowMs: now() })
  }

  async function token(name: TrialClient, agency = `${region}-0001`): Promise<string> {
    const key = `${name} ${agency}`
    const known = tokens.get(key)
    const held = known && (await known.token)
    if (held && now() < known.atMs + held.seconds * 1_000 - SPARE_MS) return held.token
    const asked = request(name, agency)
    tokens.set(key, { token: asked, atMs: now() })
    return (await asked).token
  }

  return { enrol: async () => await enrolUsualClients(place, administrators), token }
}
