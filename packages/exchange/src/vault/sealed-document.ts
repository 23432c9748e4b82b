import type { DocumentRow } from '../db/schema.ts'
import { messageOf } from './stored-keys.ts'
import type { StoredKey, Vault } from './vault.ts'

/** The row as it is stored: what nobody has to read is sealed. In memory, and nowhere else, `message` is the text itself. */
export function sealedDocument<Row extends Pick<DocumentRow, 'jti' | 'iss' | 'message'>>(
  vault: Pick<Vault, 'sealMessage'>,
  key: StoredKey,
  row: Row,
): Row {
  return row.message === null ? row : { ...row, message: vault.sealMessage(key, messageOf(row), row.message) }
}
