import { importPublicJwk, type PublicJwk, SHA256_TEXT, thumbprint } from '@hefu/protocol'
import { z } from 'zod'

/** One of the administrators that a new node begins with; everybody else is enrolled by them. Public keys only. */
export interface Administrator {
  readonly client: string
  readonly keys: readonly PublicJwk[]
}

export interface ClientsProblem {
  /** JSON pointer into the file. */
  readonly pointer: string
  readonly zh: string
  readonly en: string
}

export type ParsedClients =
  | { readonly ok: true; readonly administrators: readonly Administrator[] }
  | { readonly ok: false; readonly problems: readonly ClientsProblem[] }

export const CLIENT_ID = /^[a-z0-9][a-z0-9.-]{0,63}$/
export const MAX_KEYS = 4

/** A public key as `hefu keygen` prints it. The thumbprint and the point are checked, so that what is stored can verify. */
export const publicKey = z
  .strictObject({
    kty: z.literal('OKP'),
    crv: z.literal('Ed25519'),
    // One spelling of 32 bytes: another would be another thumbprint, and one key could be enrolled as several.
    x: z.string().regex(SHA256_TEXT),
    kid: z.string(),
  })
  .refine((jwk) => jwk.kid === thumbprint(jwk) && isUsable(jwk))

function isUsable(jwk: Pick<PublicJwk, 'kty' | 'crv' | 'x'>): boolean {
  try {
    importPublicJwk(jwk)
    return true
  } catch {
    return false
  }
}

const clientsFile = z.strictObject({
  clients: z
    .array(
      z.strictObject({
        client: z.string().regex(CLIENT_ID),
        role: z.literal('security'),
        keys: z.array(publicKey).min(1).max(MAX_KEYS),
      }),
    )
    .min(2),
})

/** Reads the clients file (already parsed as JSON) and reports all problems at once; no text repeats a value of the file. */
export function parseClients(json: unknown): ParsedClients {
  const parsed = clientsFile.safeParse(json)
  if (!parsed.success) return { ok: false, problems: parsed.error.issues.map(problemOf) }
  const { clients } = parsed.data
  const problems = [
    ...repeated(clients.map(({ client }, at) => [client, `/clients/${at}/client`])),
    // One key for two administrators would make four eyes two.
    ...repeated(clients.flatMap(({ keys }, at) => keys.map(({ kid }, key) => [kid, `/clients/${at}/keys/${key}`] as const))),
  ]
  if (problems.length > 0) return { ok: false, problems }
  return { ok: true, administrators: clients.map(({ client, keys }) => ({ client, keys })) }
}

function problemOf({ path, code }: z.core.$ZodIssue): ClientsProblem {
  const pointer = `/${path.join('/')}`
  if (pointer === '/clients' && code === 'too_small')
    return problemAt(
      pointer,
      '至少需要两名安全管理员，否则无人可以复核',
      'needs at least two administrators: one alone could approve nothing',
    )
  if (path.at(-1) === 'role')
    return problemAt(pointer, '只能为 security：其他客户端由安全管理员登记', 'must be security: administrators enrol everybody else')
  return problemAt(pointer, '缺失、多余或格式不正确', 'is missing, unknown or malformed')
}

function repeated(values: readonly (readonly [value: string, pointer: string])[]): ClientsProblem[] {
  const seen = new Set<string>()
  return values.flatMap(([value, pointer]) => {
    if (seen.has(value)) return [problemAt(pointer, '与前面的条目重复', 'repeats an earlier entry')]
    seen.add(value)
    return []
  })
}

function problemAt(pointer: string, zh: string, en: string): ClientsProblem {
  return { pointer, zh, en }
}
