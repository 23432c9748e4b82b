import { InvalidArgumentError, Option } from '@commander-js/extra-typings'
import { type Manifest, REVOCATION_REASONS } from '@hefu/protocol'
import type { Program } from '../program.ts'
import { type KeyState, requireManifest, revokeKey, rotateKey, stateOf } from '../trust/key-folder.ts'
import { runTrust } from './run-trust.ts'

const JSON_ONLY = '只输出一行 JSON / print one line of JSON'
const FOLDER = '报文密钥目录（HEFU_KEYS）/ folder of the message keys (HEFU_KEYS)'
const NEW_ROOT = '此根密钥将取代原根密钥，注册表同时更改 / this root key takes the place of the one before, in the registry too'
const ROOT = '区域根密钥文件，离线保管 / key file of the region’s root key, kept offline'

/** `hefu key`: a node's message keys and the manifest that its peers believe. Nodes take up what changes without a restart. */
export function addKey(program: Program): void {
  const key = program.command('key').description('报文密钥与密钥清单 / message keys and their manifest')
  const how = (json: true | undefined) => ({ language: program.opts().lang, json: json === true })

  key
    .command('rotate')
    .description('新增密钥并签发清单；新密钥 24 小时后启用 / a new key, in use after 24 hours, and the manifest that says so')
    .requiredOption('--keys <dir>', FOLDER)
    .requiredOption('--root <file>', ROOT)
    .option('--region <code>', '区域代码，仅第一份清单需要 / the region, for the first manifest alone')
    .option('--days <n>', '新密钥签名的天数 / how many days the new key signs', days, 365)
    .option('--now', '立即启用（原密钥丢失或被盗时）/ in use at once: the key before is lost or stolen')
    .option('--new-root', NEW_ROOT)
    .option('--json', JSON_ONLY)
    .action(async ({ keys, root, newRoot, region, days: valid, now, json }) => {
      await runTrust(how(json), async () =>
        describe(await rotateKey({ folder: keys, root, newRoot, region, days: valid, atOnce: now, now: nowSeconds() })),
      )
    })

  key
    .command('revoke')
    .description('吊销密钥并签发清单 / revoke a key, and the manifest that says so')
    .requiredOption('--keys <dir>', FOLDER)
    .requiredOption('--root <file>', ROOT)
    .requiredOption('--kid <thumbprint>', '密钥指纹 / thumbprint of the key')
    .addOption(new Option('--reason <reason>', '原因 / reason').choices(REVOCATION_REASONS).makeOptionMandatory())
    .option('--at <time>', '自何时起不可信（ISO 8601），默认现在 / since when it is not to be believed; now where absent', time)
    .option('--new-root', NEW_ROOT)
    .option('--json', JSON_ONLY)
    .action(async ({ keys, root, newRoot, kid, reason, at, json }) => {
      await runTrust(how(json), async () =>
        describe(await revokeKey({ folder: keys, root, newRoot, kid, reason, at: at ?? nowSeconds(), now: nowSeconds() })),
      )
    })

  key
    .command('list')
    .description('列出清单中的密钥 / list the keys of the manifest')
    .requiredOption('--keys <dir>', FOLDER)
    .option('--json', JSON_ONLY)
    .action(async ({ keys, json }) => {
      await runTrust(how(json), async () => describe(await requireManifest(keys)))
    })
}

function describe({ claims, digest }: Manifest) {
  const now = nowSeconds()
  const keys = claims.keys.map((record) => ({
    kid: record.kid,
    state: stateOf(record, now),
    iat: record.iat,
    exp: record.exp,
    ...(record.revoked === undefined ? {} : { revoked: record.revoked }),
  }))
  const lines = (names: Readonly<Record<KeyState, string>>) =>
    keys.map(({ kid, state, iat, exp }) => `  ${kid}  ${iso(iat)} – ${iso(exp)}  ${names[state]}`).join('\n')
  const head = `${claims.iss} ${claims.version}`
  return {
    text: { zh: `密钥清单 ${head}\n${lines(ZH)}`, en: `key manifest ${head}\n${lines(EN)}` },
    report: { region: claims.iss, version: claims.version, digest, iat: claims.iat, exp: claims.exp, keys },
  }
}

const ZH = { current: '使用中', coming: '待启用', retired: '已退役', revoked: '已吊销' } as const
const EN = { current: 'current', coming: 'coming', retired: 'retired', revoked: 'revoked' } as const

export function days(text: string): number {
  const value = /^[1-9][0-9]{0,3}$/.test(text) ? Number(text) : 0
  if (value < 1 || value > 3_650) throw new InvalidArgumentError('须为 1 至 3650 的整数天 / a whole number of days from 1 to 3650')
  return value
}

function time(text: string): number {
  const ms = /^\d{4}-\d{2}-\d{2}T/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(ms)) throw new InvalidArgumentError('须为 ISO 8601 时间 / a time such as 2026-11-22T08:00:00Z')
  return Math.floor(ms / 1000)
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}
