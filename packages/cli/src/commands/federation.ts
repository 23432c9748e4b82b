import { federationFileOf, parseStoredManifest, type Registry, registryTerm, verifyManifest } from '@hefu/protocol'
import type { Program } from '../program.ts'
import { readText, replaceFile } from '../trust/files.ts'
import { addRegion, initFederation, showFederation, signFederation } from '../trust/registry-folder.ts'
import { TrustFileError } from '../trust/trust-error.ts'
import { days } from './key.ts'
import { runTrust } from './run-trust.ts'

const JSON_ONLY = '只输出一行 JSON / print one line of JSON'
const FOLDER = '联合体管理方的目录 / folder of those who administer the federation'

/** `hefu federation`: the signed registry. The federation's key stays in its folder, on a machine that runs no node. */
export function addFederation(program: Program): void {
  const federation = program.command('federation').description('联合体注册表 / the registry of the federation')
  const how = (json: true | undefined) => ({ language: program.opts().lang, json: json === true })

  federation
    .command('init')
    .description('新建联合体：密钥与注册表草稿 / a new federation: its key and an empty draft')
    .requiredOption('--dir <dir>', FOLDER)
    .requiredOption('--name <name>', '联合体名称（小写字母、数字、连字符）/ name of the federation: lower-case letters, digits, "-"')
    .option('--json', JSON_ONLY)
    .action(async ({ dir, name, json }) => {
      await runTrust(how(json), async () => {
        const key = await initFederation(dir, name)
        return {
          text: {
            zh: `已在 ${dir} 新建联合体 ${name}。各节点须固定 federation-keys.json（${key.kid}）`,
            en: `federation ${name} made in ${dir}; every node pins federation-keys.json (${key.kid})`,
          },
          report: { dir, name, kid: key.kid },
        }
      })
    })

  federation
    .command('add-region')
    .description('把区域提交的文件登记到草稿（已有则替换）/ put what a region handed in into the draft')
    .requiredOption('--dir <dir>', FOLDER)
    .requiredOption('--file <file>', '区域文件 {"region":{…},"agencies":[…]} / file of the region')
    .option('--json', JSON_ONLY)
    .action(async ({ dir, file, json }) => {
      await runTrust(how(json), async () => {
        const done = await addRegion(dir, file)
        const text = {
          zh: `草稿已含区域 ${done.region}（共 ${done.regions} 个），尚未签发`,
          en: `the draft has region ${done.region} (${done.regions} in all); it is not signed yet`,
        }
        return { text, report: done }
      })
    })

  federation
    .command('sign')
    .description('签发草稿为下一版注册表 registry.jwt / sign the draft as the next version')
    .requiredOption('--dir <dir>', FOLDER)
    .option('--days <n>', '有效天数 / days until it ends', days, 365)
    .option('--json', JSON_ONLY)
    .action(async ({ dir, days: valid, json }) => {
      await runTrust(how(json), async () => {
        const { claims, digest } = await signFederation(dir, { days: valid, now: nowSeconds() })
        const ends = iso(claims.exp)
        const text = {
          zh: `已签发注册表第 ${claims.version} 版，有效至 ${ends}`,
          en: `registry version ${claims.version} signed, good until ${ends}`,
        }
        return { text, report: { version: claims.version, digest, exp: claims.exp } }
      })
    })

  federation
    .command('show <file>')
    .description('核验并显示注册表 / verify and show a registry')
    .requiredOption('--federation-keys <file>', '固定的联合体公钥（JWK Set）/ pinned keys of the federation')
    .option('--manifest <files...>', '各区域的密钥清单，按版本先后 / key manifests of the regions, oldest first')
    .option('--out <file>', '写出供 hefu audit --federation 使用的文件 / write the file for hefu audit --federation')
    .option('--json', JSON_ONLY)
    .action(async (file, { federationKeys, manifest, out, json }) => {
      await runTrust(how(json), async () => {
        const registry = await showFederation(file, federationKeys)
        const manifests = await Promise.all((manifest ?? []).map(async (path) => await manifestOf(registry, path)))
        if (out !== undefined) await replaceFile(out, `${JSON.stringify(federationFileOf(registry, manifests), null, 2)}\n`)
        return describe(registry)
      })
    })
}

async function manifestOf({ claims }: Registry, path: string) {
  const token = await readText(path)
  const refused = new TrustFileError({
    zh: `${path}：不是注册表中某区域根密钥签发的密钥清单`,
    en: `${path}: not a key manifest signed by the root key of a region of the registry`,
  })
  const region = claims.regions.find((one) => one.region === issuerOf(token))
  const manifest = region && verifyManifest(token, region)
  if (manifest === undefined) throw refused
  return manifest
}

function issuerOf(token: string): string | undefined {
  try {
    return parseStoredManifest(token).claims.iss
  } catch {
    return undefined
  }
}

function describe({ claims, digest, kid }: Registry) {
  const term = registryTerm(claims.exp, nowSeconds())
  const regions = claims.regions.map(({ region, name, exchangeUrl, addresses, root }) => ({
    region,
    name,
    exchangeUrl,
    addresses,
    root: root.kid,
  }))
  const lines = (language: 'zh' | 'en') =>
    regions.map((one) => `  ${one.region} ${one.name[language]} ${one.exchangeUrl} ${one.root}`).join('\n')
  const head = `${claims.iss} ${claims.version} ${iso(claims.iat)} – ${iso(claims.exp)}`
  return {
    text: {
      zh: `${head}（${TERMS[term]}）\n${lines('zh')}\n  机构 ${claims.agencies.length}，共享协议 ${claims.agreements.length}`,
      en: `${head} (${term})\n${lines('en')}\n  ${claims.agencies.length} agencies, ${claims.agreements.length} agreements`,
    },
    report: {
      federation: claims.iss,
      version: claims.version,
      digest,
      kid,
      iat: claims.iat,
      exp: claims.exp,
      term,
      regions,
      agencies: claims.agencies.length,
      agreements: claims.agreements.map(({ id, version, procedure }) => ({ id, version, procedure })),
    },
  }
}

const TERMS = { current: '有效', expiring: '即将到期', grace: '已到期，宽限中', lapsed: '已失效' } as const

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}
