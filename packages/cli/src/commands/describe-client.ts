import { type Language, say } from '../language.ts'

/** As the API shows it, and its version. */
export interface ClientJson {
  readonly client: string
  readonly role: string
  readonly agency: string | null
  readonly state: 'pending' | 'active' | 'revoked'
  readonly scopes: readonly string[]
  readonly keys: readonly { readonly kid: string }[]
  readonly asked: {
    readonly scopes?: readonly string[]
    readonly keys?: readonly { readonly kid: string }[]
    readonly by: string
    readonly at: string
  } | null
  readonly etag?: string
}

const states = {
  pending: { zh: '待批准', en: 'pending' },
  active: { zh: '有效', en: 'active' },
  revoked: { zh: '已吊销', en: 'revoked' },
} as const

/** One line a client. */
export function describeClients(items: readonly ClientJson[], language: Language): string {
  return (
    items.map((one) => `${headOf(one, language)}${one.asked ? ` *` : ''}\n`).join('') +
    (items.some(({ asked }) => asked) ? waiting(language) : '')
  )
}

export function describeClient(one: ClientJson, language: Language): string {
  const { asked, scopes, keys, etag } = one
  const lines = [
    headOf(one, language),
    ...(etag ? [`  etag    ${etag}`] : []),
    ...keys.map(({ kid }) => `  key     ${kid}`),
    `  scopes  ${scopes.join(' ') || '-'}`,
  ]
  if (asked === null) return `${lines.join('\n')}\n`
  lines.push(
    say(
      { zh: `待另一名管理员批准（${asked.by}，${asked.at}）：`, en: `waits for another administrator (${asked.by}, ${asked.at}):` },
      language,
    ).trimEnd(),
    ...(asked.scopes ? [`  scopes  ${asked.scopes.join(' ') || '-'}`] : []),
    ...(asked.keys ?? []).map(({ kid }) => `  key     ${kid}`),
  )
  return `${lines.join('\n')}\n`
}

function headOf({ client, role, agency, state }: ClientJson, language: Language): string {
  const { zh, en } = states[state]
  return `${client}  ${role}${agency === null ? '' : ` ${agency}`}  ${language === 'zh' ? zh : language === 'en' ? en : `${zh} ${en}`}`
}

function waiting(language: Language): string {
  return say({ zh: '* 有请求待批准：hefu client show ID', en: '* something waits for approval: hefu client show ID' }, language)
}
