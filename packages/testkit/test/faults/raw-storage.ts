import { query } from './observe.ts'

/** Where the server's write-ahead log stands: what is written from here on is searched later. */
export async function walPosition(databaseUrl: string): Promise<string> {
  const [row] = await query<{ lsn: string }>(databaseUrl, 'select pg_current_wal_lsn()::text as lsn')
  return row?.lsn ?? ''
}

/**
 * Which of these texts stand in the files of the database, or in the write-ahead log from `since` on: as they are, escaped in JSON, or in
 * base64 as part of something longer. A checkpoint first, so that the files hold what the server has in memory.
 */
export async function findInFiles(databaseUrl: string, since: string, texts: readonly string[]): Promise<string[]> {
  await query(databaseUrl, 'checkpoint')
  const needles = texts.flatMap((text) => spellings(text).map((bytes) => ({ text, bytes })))
  const found = new Set<string>()
  for (const file of [...(await databaseFiles(databaseUrl)), ...(await walFiles(databaseUrl, since))]) {
    const [row] = await query<{ content: Buffer | null }>(databaseUrl, 'select pg_read_binary_file($1, 0, 268435456, true) as content', [
      file,
    ])
    for (const { text, bytes } of needles) if (row?.content?.includes(bytes)) found.add(`${text} in ${file}`)
  }
  return [...found]
}

async function databaseFiles(databaseUrl: string): Promise<string[]> {
  const rows = await query<{ file: string }>(
    databaseUrl,
    `select f.folder || '/' || f.name as file from (select 'base/' || oid as folder, pg_ls_dir('base/' || oid) as name
      from pg_database where datname = current_database()) as f where f.name ~ '^[0-9]'`,
  )
  return rows.map(({ file }) => file)
}

async function walFiles(databaseUrl: string, since: string): Promise<string[]> {
  const rows = await query<{ file: string }>(
    databaseUrl,
    `select 'pg_wal/' || name as file from pg_ls_waldir()
      where name between pg_walfile_name($1::pg_lsn) and pg_walfile_name(pg_current_wal_lsn()) order by name`,
    [since],
  )
  return rows.map(({ file }) => file)
}

/** In base64 a text looks in one of three ways, by where it begins; its ends are shared with what stands beside it. */
function spellings(text: string): Buffer[] {
  const escaped = JSON.stringify(text)
    .slice(1, -1)
    .replaceAll(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
  const encoded = [0, 1, 2].flatMap((shift) => {
    const base64 = Buffer.from(`${'x'.repeat(shift)}${text}`)
      .toString('base64')
      .replaceAll('=', '')
    const inner = base64.slice(shift === 0 ? 0 : 4, -4)
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')]
  })
  return [text, escaped, encodeURIComponent(text), ...encoded].map((spelling) => Buffer.from(spelling))
}
