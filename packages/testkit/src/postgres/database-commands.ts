import pg from 'pg'
import type { LoginUsers } from './logins.ts'

export type DatabaseCommands = {
  /** The same login on another database of the server. */
  url(database: string): string
  asSuperuser<T>(work: (client: pg.Client) => Promise<T>): Promise<T>
  createDatabase(name: string, options?: { template?: string }): Promise<void>
  /** Drops the database, ending its connections. No error when it does not exist. */
  dropDatabase(name: string): Promise<void>
  databaseExists(name: string): Promise<boolean>
  /** Creates the users, or gives those that exist these passwords. They are given rights by the node that they are for. */
  createLogins(users: LoginUsers): Promise<void>
  dropLogins(users: LoginUsers): Promise<void>
}

/** What a superuser does with whole databases. Every command has a connection of its own: none is left open. */
export function databaseCommands(superuserUrl: string): DatabaseCommands {
  async function asSuperuser<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString: superuserUrl })
    await client.connect()
    try {
      return await work(client)
    } finally {
      await client.end()
    }
  }
  return {
    asSuperuser,
    url(database) {
      const url = new URL(superuserUrl)
      url.pathname = `/${encodeURIComponent(database)}`
      return url.href
    },
    createDatabase: (name, options = {}) =>
      asSuperuser(async (client) => {
        const template = options.template === undefined ? '' : ` TEMPLATE ${client.escapeIdentifier(options.template)}`
        await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}${template}`)
      }),
    dropDatabase: (name) =>
      asSuperuser(async (client) => {
        await client.query(`DROP DATABASE IF EXISTS ${client.escapeIdentifier(name)} WITH (FORCE)`)
      }),
    createLogins: (users) =>
      asSuperuser(async (client) => {
        for (const { name, password } of Object.values(users)) {
          const exists = (await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [name])).rowCount === 1
          const how = `${client.escapeIdentifier(name)} LOGIN PASSWORD ${client.escapeLiteral(password)}`
          await client.query(`${exists ? 'ALTER' : 'CREATE'} ROLE ${how}`)
        }
      }),
    dropLogins: (users) =>
      asSuperuser(async (client) => {
        for (const { name } of Object.values(users)) await client.query(`DROP ROLE IF EXISTS ${client.escapeIdentifier(name)}`)
      }),
    databaseExists: (name) =>
      asSuperuser(async (client) => (await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name])).rowCount === 1),
  }
}
