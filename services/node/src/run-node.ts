import { SchemaNewerError, TrustError, VaultError, VersionMissingError, vaultTexts } from '@hefu/exchange'
import type { Text } from '@hefu/procedures'
import { type Algorithm, brokenAlgorithms } from '@hefu/protocol'
import closeWithGrace from 'close-with-grace'
import { createNode, type Node } from './create-node.ts'
import { createLogger, errorFacts } from './logger.ts'
import { listProblems } from './settings/list-problems.ts'
import { loadFiles } from './settings/load-files.ts'
import { readSettings } from './settings/read-settings.ts'
import type { SettingProblem } from './settings/settings.ts'

const STOP_WITHIN_MS = 20_000

/** One region's node as a process: settings from the environment, one line on stdout when ready, logs on stderr. */
export async function runNode(): Promise<void> {
  const settings = readSettings(process.env)
  if (!settings.ok) return refuseSettings(await listProblems(process.env, settings.problems))
  const { value } = settings
  const broken = brokenAlgorithms()
  if (broken.length > 0) return refuseMachine(broken)
  const files = await loadFiles(value)
  if (!files.ok) return refuseSettings(files.problems)
  const log = createLogger(value.region, value.logLevel)
  let node: Node | undefined
  // Its own logger stays off: it would print messages of errors, and those may quote values.
  const grace = closeWithGrace({ delay: STOP_WITHIN_MS, logger: false }, async ({ err }) => {
    if (err) log.fatal({ event: 'node.crashed', ...errorFacts(err) }, 'node.crashed')
    await node?.stop()
  })
  if (value.stopWithParent) process.stdin.once('end', grace.close).once('error', grace.close).resume()
  try {
    node = await createNode({ ...value, ...files.value }, { log })
    await node.start()
  } catch (error) {
    if (error instanceof VaultError) refuseSettings([{ setting: 'HEFU_VAULT_KEY', ...vaultTexts[error.code] }])
    log.fatal({ event: 'node.start-failed', ...errorFacts(error) }, 'node.start-failed')
    if (error instanceof TrustError || error instanceof SchemaNewerError) say(startTexts[error.code])
    if (error instanceof VersionMissingError) say(versionsMissing(error.versions.join(', ')))
    // A key that does not fit is a wrong setting like any other.
    process.exit(error instanceof VaultError ? 2 : 1)
  }
  process.stdout.write(
    `${JSON.stringify({ ready: true, region: value.region, api: node.api, exchange: node.exchange, pid: process.pid })}\n`,
  )
}

const startTexts: Readonly<Record<(TrustError | SchemaNewerError)['code'], Text>> = {
  'no-registry': {
    zh: '没有可信的联合体注册表：检查 HEFU_REGISTRY 与 HEFU_FEDERATION_KEYS，以及注册表是否到期',
    en: 'there is no registry to believe: check HEFU_REGISTRY and HEFU_FEDERATION_KEYS, and whether the registry has ended',
  },
  'not-in-registry': { zh: '联合体注册表中没有本区域：检查 HEFU_REGION', en: 'the registry does not have this region: check HEFU_REGION' },
  'no-manifest': {
    zh: '没有本区域的密钥清单：检查 HEFU_KEYS 中的 manifest.jwt（hefu key rotate）',
    en: 'there is no key manifest of this region: check manifest.jwt in HEFU_KEYS (hefu key rotate)',
  },
  'schema-newer': {
    zh: '数据库由更新的软件版本使用过：请运行那个版本',
    en: 'the database has been used by newer software: run that version',
  },
}

function versionsMissing(versions: string): Text {
  return {
    zh: `数据库中有办件属于本软件没有的业务流程版本 ${versions}：请运行包含这些版本的软件`,
    en: `the database has cases of versions of procedures that this software does not have, ${versions}: run software that has them`,
  }
}

function say({ zh, en }: Text): void {
  process.stderr.write(`${zh} / ${en}\n`)
}

/** A library or a processor that computes something else: nothing it signs or believes would be worth anything. */
function refuseMachine(broken: readonly Algorithm[]): void {
  const names = broken.join(', ')
  process.stderr.write(
    `算法自检未通过，节点未启动：${names}\nAlgorithms do not give their known answers, the node does not start: ${names}\n`,
  )
  process.exitCode = 1
}

function refuseSettings(problems: readonly SettingProblem[]): void {
  const lines = problems.map(({ setting, zh, en }) => `  ${setting}: ${zh} / ${en}\n`)
  process.stderr.write(`设置有误，节点未启动 / Wrong settings, the node does not start:\n${lines.join('')}`)
  process.exitCode = 2
}
