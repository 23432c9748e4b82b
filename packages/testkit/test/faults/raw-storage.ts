import pg from 'pg'
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
  const textOf = new Map(texts.flatMap((text) => spellings(text).map((spelling) => [spelling, text])))
  const find = finderOf([...textOf.keys()])
  const found = new Set<string>()
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    for (const file of [...(await databaseFiles(databaseUrl)), ...(await walFiles(databaseUrl, since))]) {
      for await (const content of piecesOf(client, file))
        for (const spelling of find(content)) found.add(`${textOf.get(spelling)} in ${file}`)
    }
  } finally {
    await client.end()
  }
  return [...found]
}

const PIECE = 1024 * 1024
/** What may lie across the border of two pieces. */
const OVERLAP = 4096

/** The nodes of a test share its process: while a whole file is looked through none of them runs, and one that is late turns requests away (503). */
async function* piecesOf(client: pg.Client, file: string): AsyncGenerator<Buffer> {
  // As bytes: written as text, which is usual, a file is twice as long.
  const text = 'select pg_read_binary_file($1, $2, $3, true) as content'
  const types = { getTypeParser: () => (bytes: Buffer) => bytes }
  for (let from = 0; ; from += PIECE) {
    const read = { text, values: [file, from, PIECE + OVERLAP], binary: true, types }
    const content = (await client.query<{ content: Buffer | null }>(read)).rows[0]?.content
    if (content) yield content
    if ((content?.length ?? 0) <= PIECE) return
  }
}

/** Looks for all of these in one pass over the bytes: only where two bytes are how one of them begins is there more to compare. */
function finderOf(needles: readonly string[]): (content: Buffer) => Set<string> {
  const searched = needles.map((needle) => ({ needle, bytes: Buffer.from(needle) }))
  const beginning = Map.groupBy(searched, ({ bytes }) => bytes.readUInt16BE())
  const begins = new Uint8Array(65_536)
  for (const pair of beginning.keys()) begins[pair] = 1
  return (content) => {
    const found = new Set<string>()
    let pair = 0
    for (let end = 0; end < content.length; end++) {
      pair = ((pair << 8) | (content[end] as number)) & 0xffff
      if (begins[pair] !== 1) continue
      for (const { needle, bytes } of beginning.get(pair) ?? [])
        if (content.subarray(end - 1, end - 1 + bytes.length).equals(bytes)) found.add(needle)
    }
    return found
  }
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
function spellings(text: string): string[] {
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
  return [text, escaped, encodeURIComponent(text), ...encoded]
}
