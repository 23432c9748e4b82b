import { readFile } from 'node:fs/promises'
import { Option } from '@commander-js/extra-typings'
import { ApiError, type LocalApi } from '../api/call-api.ts'
import { apiFor, type CallerOptions, runCall, withCaller } from '../api/caller-options.ts'
import type { Program } from '../program.ts'
import { type ClientJson, describeClient, describeClients } from './describe-client.ts'

const ROLES = ['officer', 'operator', 'security', 'auditor'] as const
const JSON_ONLY = '只输出一行 JSON / print one line of JSON'
const SCOPE = '权限范围，可多个 / scopes'
const ALL_SCOPES = '该角色的全部权限范围 / all that the role may have'
const PUBLIC_KEY = '公钥文件（hefu keygen --json 的输出）/ public key file, as hefu keygen --json prints it'

/** `hefu client`: who may call this node. What gives waits for another administrator, what takes away acts at once. */
export function addClient(program: Program): void {
  const client = program.command('client').description('管理本地接口的客户端 / administer the clients of the local API')
  const sub = (usage: string, description: string) => withCaller(client.command(usage).description(description)).option('--json', JSON_ONLY)
  const language = () => program.opts().lang
  const one = async (options: CallerOptions & { json?: true | undefined }, change: (api: LocalApi) => Promise<ClientJson>) => {
    process.exitCode = await runCall(language(), async () => {
      const found = await change(await apiFor(options, language()))
      return options.json ? `${JSON.stringify(found)}\n` : describeClient(found, language())
    })
  }

  sub('list', '列出客户端 / list clients').action(async (options) => {
    process.exitCode = await runCall(language(), async () => {
      const items = await allClients(await apiFor(options, language()))
      return options.json ? `${JSON.stringify({ items })}\n` : describeClients(items, language())
    })
  })

  sub('show', '查看一个客户端 / show one client')
    .argument('<id>')
    .action(async (id, options) => await one(options, async (api) => await asked(api, 'GET', `/${id}`)))

  sub('add', '登记客户端，由另一名管理员批准 / enrol a client; another administrator approves')
    .argument('<id>')
    .addOption(new Option('--role <role>', '角色，终身不变 / role, for life').choices(ROLES).makeOptionMandatory())
    .option('--agency <code>', '经办人员所属机构 / agency of an officer')
    .requiredOption('--public-key <file...>', PUBLIC_KEY)
    .addOption(new Option('--scope <scope...>', SCOPE).conflicts('allScopes'))
    .option('--all-scopes', ALL_SCOPES)
    .action(async (id, { role, agency, publicKey, scope, allScopes, ...options }) =>
      one(options, async (api) => {
        const keys = await Promise.all(publicKey.map(readPublicKey))
        const scopes = allScopes ? await scopesOf(api, role) : (scope ?? [])
        return await asked(api, 'POST', '', { client: id, role, ...(agency === undefined ? {} : { agency }), scopes, keys })
      }),
    )

  sub('approve', '批准另一名管理员的请求 / approve what another administrator asked for')
    .argument('<id>')
    .option('--etag <tag>', '只批准 show 所示的这一版本 / only this version, as show prints it')
    .action(async (id, { etag, ...options }) =>
      one(options, async (api) => {
        const ifMatch = etag === undefined ? (await api.call('GET', `/v1/clients/${id}`)).etag : `"${etag}"`
        return await asked(api, 'POST', `/${id}/approve`, undefined, { 'if-match': ifMatch ?? '' })
      }),
    )

  sub('decline', '退回等待批准的请求 / decline what waits for approval')
    .argument('<id>')
    .action(async (id, options) => await one(options, async (api) => await asked(api, 'POST', `/${id}/decline`)))

  sub('scopes', '设定权限范围：收窄立即生效，扩大待批准 / set scopes: narrowing acts at once, widening waits')
    .argument('<id>')
    .addOption(new Option('--scope <scope...>', SCOPE).conflicts('allScopes'))
    .option('--all-scopes', ALL_SCOPES)
    .action(async (id, { scope, allScopes, ...options }) =>
      one(options, async (api) => {
        const scopes = allScopes ? await scopesOf(api, String((await asked(api, 'GET', `/${id}`)).role)) : (scope ?? [])
        return await asked(api, 'PUT', `/${id}/scopes`, { scopes })
      }),
    )

  sub('rotate', '添加新公钥（待批准），或移除旧公钥（立即）/ add a new public key (waits), or remove an old one (at once)')
    .argument('<id>')
    .addOption(new Option('--public-key <file>', PUBLIC_KEY).conflicts('remove'))
    .option('--remove <kid>', '移除此公钥 / remove this public key')
    .action(async (id, { publicKey, remove, ...options }) =>
      one(options, async (api) => {
        if (remove !== undefined) return await asked(api, 'DELETE', `/${id}/keys/${remove}`)
        if (publicKey === undefined) throw new ApiError({ zh: '需要 --public-key 或 --remove', en: '--public-key or --remove is needed' })
        return await asked(api, 'POST', `/${id}/keys`, { key: await readPublicKey(publicKey) })
      }),
    )

  sub('revoke', '吊销客户端，立即生效且不可恢复 / revoke a client, at once and for ever')
    .argument('<id>')
    .action(async (id, options) => await one(options, async (api) => await asked(api, 'POST', `/${id}/revoke`)))
}

async function asked(
  api: LocalApi,
  method: Parameters<LocalApi['call']>[0],
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
): Promise<ClientJson> {
  const { body: found, etag } = await api.call(method, `/v1/clients${path}`, body, headers)
  return { ...found, etag: (etag ?? '').replaceAll('"', '') } as unknown as ClientJson
}

async function allClients(api: LocalApi): Promise<ClientJson[]> {
  const found: ClientJson[] = []
  for (let path: string | null = '/v1/clients?limit=200'; path !== null; ) {
    const answer: Awaited<ReturnType<LocalApi['call']>> = await api.call('GET', path)
    found.push(...(answer.body.items as ClientJson[]))
    path = answer.next
  }
  return found
}

async function scopesOf(api: LocalApi, role: string): Promise<string[]> {
  const { body } = await api.call('GET', '/v1/clients/scopes')
  return (body.items as { scope: string; roles: string[] }[]).filter(({ roles }) => roles.includes(role)).map(({ scope }) => scope)
}

/** What else a file may hold is not sent: a private key given by mistake stays here. */
async function readPublicKey(path: string): Promise<unknown> {
  try {
    const { kty, crv, x, kid } = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>
    return { kty, crv, x, kid }
  } catch {
    throw new ApiError({ zh: `${path}：不是公钥文件`, en: `${path}: is not a public key file` })
  }
}
