import { readFile, stat } from 'node:fs/promises'
import { type Federation, type KeyLookUp, keyOwner, MAX_EVIDENCE_BYTES, parseFederation, parseStrictJson } from '@hefu/protocol'
import { type Policy, parsePolicies } from '@hefu/translog'
import { AuditError, type AuditErrorCode } from './audit-error.ts'

/** Throws AuditError `policy`. */
export async function readPolicies(path: string): Promise<readonly Policy[]> {
  const parsed = parsePolicies(await readInput(path, 'policy'))
  if (parsed.ok) return parsed.value
  throw new AuditError('policy', {
    zh: `${path}：不是策略文件（${parsed.code}）`,
    en: `${path}: not a policy file (${parsed.code})`,
  })
}

/** Throws AuditError `federation`. */
export async function readFederation(path: string): Promise<Federation> {
  const json = parseStrictJson(await readInput(path, 'federation'))
  const parsed = json.ok ? parseFederation(json.value) : undefined
  if (parsed?.ok) return parsed.federation
  throw new AuditError('federation', { zh: `${path}：不是联合体文件`, en: `${path}: not a federation file` })
}

export function keysOf(federation: Federation | undefined): KeyLookUp | undefined {
  return federation && ((kid) => keyOwner(federation, kid))
}

/** Throws AuditError `evidence`. */
export async function readEvidence(path: string): Promise<Uint8Array> {
  const found = await stat(path).catch(() => undefined)
  if (found !== undefined && found.size > MAX_EVIDENCE_BYTES)
    throw new AuditError('evidence', { zh: `${path}：文件过大`, en: `${path}: the file is too large` })
  return readInput(path, 'evidence')
}

async function readInput(path: string, code: AuditErrorCode): Promise<Uint8Array> {
  return readFile(path).catch((error: unknown) => {
    throw new AuditError(code, { zh: `${path}：文件无法读取`, en: `${path}: the file cannot be read` }, error)
  })
}
