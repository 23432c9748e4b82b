import { createPrivateKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { requestToken } from '@hefu/cli'
import { type PublicJwk, publicJwk } from '@hefu/protocol'
import { type ApiClient, apiClient, listOf } from '../api-client.ts'
import type { RegionFiles, Tokens, TrialClient } from '../federation-files.ts'

export { requestToken }

export interface ClientPlace {
  /** Base address of the local API. */
  readonly api: string
  /** What the node calls itself, where that is not `api`. */
  readonly issuer?: string
  readonly region: string
  readonly clients: RegionFiles['clientFiles']
  /** The node's clock. */
  readonly now: () => number
}

export interface NewClient {
  readonly client: string
  readonly role: string
  readonly agency?: string
  readonly keys: readonly PublicJwk[]
}

/** The two administrators of a node, who enrol its clients as they would in a bureau: one asks, the other approves. */
export interface Administrators {
  readonly first: ApiClient
  readonly second: ApiClient
}

export async function tokenOf({ api, issuer, clients, now }: ClientPlace, name: TrialClient): Promise<string> {
  const { id, keyFile } = clients[name]
  return (await requestToken({ api, issuer, client: id, key: keyFile, nowMs: now() })).token
}

export async function administratorsOf(place: ClientPlace): Promise<Administrators> {
  const [first, second] = await Promise.all([tokenOf(place, 'security'), tokenOf(place, 'security2')])
  return { first: apiClient(place.api, first), second: apiClient(place.api, second) }
}

/** With all scopes of its role. Nothing happens where the client is enrolled already. */
export async function enrolClient({ first, second }: Administrators, asked: NewClient): Promise<void> {
  if ((await first.get(`/v1/clients/${asked.client}`)).status === 200) return
  const known = await first.get('/v1/clients/scopes')
  const scopes = listOf(known.body.items)
    .filter(({ roles }) => listOf(roles).map(String).includes(asked.role))
    .map(({ scope }) => String(scope))
  const created = await first.post('/v1/clients', { ...asked, scopes })
  if (created.status !== 201) throw new Error(`${asked.client} was not enrolled: ${created.status} ${created.body.detail}`)
  const ifMatch = created.headers.get('etag') ?? ''
  const approved = await second.post(`/v1/clients/${asked.client}/approve`, undefined, { ifMatch })
  if (approved.status !== 200) throw new Error(`${asked.client} was not approved: ${approved.status} ${approved.body.detail}`)
}

/** Officer, operator and auditor of the region that is tried. */
export async function enrolUsualClients({ region, clients }: ClientPlace, administrators: Administrators): Promise<void> {
  const enrol = async (role: 'officer' | 'operator' | 'auditor') => {
    const { id, keyFile } = clients[role]
    const keys = [publicJwk(createPrivateKey(await readFile(keyFile)))]
    await enrolClient(administrators, { client: id, role, ...(role === 'officer' ? { agency: `${region}-0001` } : {}), keys })
  }
  await Promise.all([enrol('officer'), enrol('operator'), enrol('auditor')])
}

/** Enrols them and gets a token for each. */
export async function enrolTrialClients(place: ClientPlace): Promise<Tokens> {
  await enrolUsualClients(place, await administratorsOf(place))
  const token = async (name: keyof Tokens) => [name, await tokenOf(place, name)] as const
  const all = await Promise.all([token('officer'), token('operator'), token('security'), token('auditor')])
  return Object.fromEntries(all) as Tokens
}
