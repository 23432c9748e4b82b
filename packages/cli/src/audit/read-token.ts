import { readFile } from 'node:fs/promises'
import { AuditError } from './audit-error.ts'

export interface TokenSources {
  readonly token?: string | undefined
  readonly tokenFile?: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Visible ASCII: what a header can carry. */
const TOKEN = /^[\x21-\x7e]{1,8192}$/

/**
 * The first that is given: option, file, `HEFU_TOKEN`. Other users of the machine can see a command's arguments: prefer the file. Throws
 * AuditError `token`, which never holds the token.
 */
export async function readToken({ token, tokenFile, env }: TokenSources): Promise<string> {
  const text = token ?? (tokenFile === undefined ? env.HEFU_TOKEN : await readTokenFile(tokenFile))
  if (text === undefined)
    throw new AuditError('token', {
      zh: '需要令牌：--token、--token-file 或环境变量 HEFU_TOKEN',
      en: 'a token is needed: --token, --token-file or the variable HEFU_TOKEN',
    })
  if (!TOKEN.test(text)) throw new AuditError('token', { zh: '令牌含有不允许的字符', en: 'the token has characters that no token has' })
  return text
}

async function readTokenFile(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    throw new AuditError('token', { zh: `${path}：令牌文件无法读取`, en: `${path}: the token file cannot be read` }, error)
  }
}
