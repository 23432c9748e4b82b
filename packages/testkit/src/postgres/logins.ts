import { randomBytes } from 'node:crypto'

export type LoginUser = { name: string; password: string }

/** The users of a node beside the owner of its database. They belong to the whole server, so each node's have names of their own. */
export type LoginUsers = { application: LoginUser; sequencer: LoginUser }

/** A node's three logins on one database, as its settings name them. */
export type Logins = { databaseUrl: string; migrationDatabaseUrl: string; sequencerDatabaseUrl: string }

export function newLogins(prefix: string): LoginUsers {
  const user = (name: string) => ({ name: `${prefix}_${name}`, password: randomBytes(18).toString('base64url') })
  return { application: user('application'), sequencer: user('sequencer') }
}

export function loginsOf(ownerUrl: string, { application, sequencer }: LoginUsers): Logins {
  const as = ({ name, password }: LoginUser) => {
    const url = new URL(ownerUrl)
    url.username = name
    url.password = password
    return url.href
  }
  return { databaseUrl: as(application), migrationDatabaseUrl: ownerUrl, sequencerDatabaseUrl: as(sequencer) }
}
