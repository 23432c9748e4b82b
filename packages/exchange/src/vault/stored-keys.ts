import type { StoredKey, Where } from './vault.ts'

// One place says whose key seals what, and where: what is sealed here opens nowhere else.

export const caseKey = (row: { readonly case_number: string; readonly data_key: string | null }): StoredKey => ({
  owner: caseOwner(row.case_number),
  wrapped: row.data_key,
})
export const caseOwner = (caseNumber: string) => `cases/${caseNumber}`
export const recordOwner = (register: string, key: string) => `register_records/${register}/${key}`
export const importOwner = (id: string) => `imports/${id}`
export const quarantineOwner = (row: { readonly iss: string; readonly jti: string; readonly digest: string }) =>
  `quarantine/${row.iss}/${row.jti}/${row.digest}`

export const messageOf = ({ jti, iss }: { readonly jti: string; readonly iss: string }): Where => ['documents', `${jti}/${iss}`, 'message']
export const effectOf = (row: { readonly case_number: string; readonly digest: string; readonly key: string }): Where => [
  'effects',
  `${row.case_number}/${row.digest}/${row.key}`,
  'data',
]
export const draftOf = (id: string): Where => ['tasks', id, 'draft']
export const recordOfKey = (register: string, key: string): Where => ['register_records', `${register}/${key}`, 'data']
export const importRowOf = (id: string, line: number): Where => ['import_rows', `${id}/${line}`, 'body']
export const quarantinedOf = (row: { readonly iss: string; readonly jti: string; readonly digest: string }): Where => [
  'quarantine',
  `${row.iss}/${row.jti}/${row.digest}`,
  'message',
]
