import { parseAgencyCode } from '@hefu/reference'
import { z } from 'zod'
import type { Caller, Role } from '../context.ts'

/** A system that may call the local API. Only the hash of its token is stored: reading the file gives nobody access. */
export interface Client extends Caller {
  /** SHA-256 of the token, lower-case hex. */
  readonly tokenSha256: string
}

export interface ClientsProblem {
  /** JSON pointer into the file. */
  readonly pointer: string
  readonly zh: string
  readonly en: string
}

export type ParsedClients =
  | { readonly ok: true; readonly clients: readonly Client[] }
  | { readonly ok: false; readonly problems: readonly ClientsProblem[] }

const roles = ['officer', 'operator', 'auditor'] as const satisfies readonly Role[]

const clientsFile = z.strictObject({
  clients: z.array(
    z.strictObject({
      client: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,63}$/),
      role: z.enum(roles),
      agency: z.string().optional(),
      tokenSha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
})

type Entry = z.infer<typeof clientsFile>['clients'][number]

/** Reads the clients file (already parsed as JSON) and reports all problems at once; no text repeats a value of the file. */
export function parseClients(json: unknown): ParsedClients {
  const parsed = clientsFile.safeParse(json)
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path }) =>
      problemAt(`/${path.join('/')}`, '缺失、多余或格式不正确', 'is missing, unknown or malformed'),
    )
    return { ok: false, problems }
  }
  const { clients } = parsed.data
  const problems = [
    ...clients.flatMap((entry, at) => agencyProblems(entry, `/clients/${at}/agency`)),
    ...repeated(clients.map(({ client }, at) => [client, `/clients/${at}/client`])),
    // One token for two clients would leave open who acted.
    ...repeated(clients.map(({ tokenSha256 }, at) => [tokenSha256, `/clients/${at}/tokenSha256`])),
  ]
  if (problems.length > 0) return { ok: false, problems }
  return { ok: true, clients: clients.map(({ agency, ...entry }) => ({ ...entry, agency: agency ?? null })) }
}

function agencyProblems({ role, agency }: Entry, pointer: string): ClientsProblem[] {
  if (role !== 'officer')
    return agency === undefined ? [] : [problemAt(pointer, '只有经办人员（officer）属于机构', 'only an officer belongs to an agency')]
  if (agency === undefined) return [problemAt(pointer, '经办人员（officer）必须有机构', 'an officer needs an agency')]
  return parseAgencyCode(agency).ok
    ? []
    : [problemAt(pointer, '不是机构代码，例如 510104-0001', 'is not an agency code such as 510104-0001')]
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
