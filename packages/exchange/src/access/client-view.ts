import { createHash } from 'node:crypto'
import type { Context, Role } from '../context.ts'
import { HefuError } from '../errors.ts'
import { type Asked, type ClientKey, type ClientRow, pageOfClients, readClients } from './client-store.ts'

export interface ClientView {
  readonly client: string
  readonly role: Role
  readonly agency: string | null
  readonly state: 'pending' | 'active' | 'revoked'
  readonly scopes: readonly string[]
  readonly keys: readonly ClientKey[]
  /** What waits for a second administrator: what the client would have afterwards. */
  readonly asked: (Asked & { readonly by: string; readonly at: string }) | null
  readonly createdAt: string
  readonly createdBy: string
  readonly approvedBy: string | null
  readonly revokedAt: string | null
  readonly revokedBy: string | null
  /** Unquoted: an administrator approves what was read, and nothing else. */
  readonly etag: string
}

export function viewOf(row: ClientRow): ClientView {
  const { asked, asked_by: by, asked_at: at } = row
  return {
    client: row.client,
    role: row.role,
    agency: row.agency,
    state: row.state,
    scopes: row.scopes,
    keys: row.keys,
    asked: asked === null || by === null || at === null ? null : { ...asked, by, at: at.toISOString() },
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
    approvedBy: row.approved_by,
    revokedAt: row.revoked_at?.toISOString() ?? null,
    revokedBy: row.revoked_by,
    etag: clientEtag(row),
  }
}

export function clientEtag({ client, version }: Pick<ClientRow, 'client' | 'version'>): string {
  return createHash('sha256').update(`${client} ${version}`).digest('base64url').slice(0, 22)
}

export async function listClients(ctx: Pick<Context, 'db'>, page: { limit: number; after?: string | undefined }) {
  const rows = await pageOfClients(ctx.db, page)
  const items = rows.slice(0, page.limit).map(viewOf)
  return { items, next: rows.length > page.limit ? (items.at(-1)?.client ?? null) : null }
}

export async function readClient(ctx: Pick<Context, 'db'>, client: string): Promise<ClientView> {
  const [row] = await readClients(ctx.db, [client])
  if (row === undefined) throw new HefuError('not-found')
  return viewOf(row)
}
