import { Option } from '@commander-js/extra-typings'
import { generateSecretFile, importPublicJwk, type KeyFileCode, KeyFileError, type PublicJwk } from '@hefu/protocol'
import { COSIGNATURE_V1, ED25519, formatVerifierKey, isKeyName, type SignatureType, verifierKey } from '@hefu/translog'
import { EXIT } from '../exit-codes.ts'
import { type Language, say, type Text } from '../language.ts'
import type { Program } from '../program.ts'
import { makeOwnKey } from '../trust/own-key.ts'

/** `hefu keygen`: a private key stays in its file; only the public half is printed, ready to be handed in. With --vault there is none. */
export function addKeygen(program: Program): void {
  program
    .command('keygen')
    .description('生成 Ed25519 签名密钥，或静态数据的密钥加密密钥 / make an Ed25519 signing key, or the key-encryption key of data at rest')
    .requiredOption(
      '--out <file>',
      '密钥文件（权限 0600，不覆盖；签名密钥为 PKCS#8 PEM）/ key file (mode 0600, never overwritten; a signing key is PKCS#8 PEM)',
    )
    .addOption(
      new Option('--log <name>', '交换日志密钥，名称即日志的 origin / key of the exchange log of this origin').conflicts('witness'),
    )
    .addOption(new Option('--witness <name>', '见证密钥及其名称 / key of the witness of this name'))
    .addOption(
      new Option('--vault', '静态数据的密钥加密密钥（HEFU_VAULT_KEY）/ key-encryption key of data at rest (HEFU_VAULT_KEY)').conflicts([
        'log',
        'witness',
      ]),
    )
    .option('--json', '只输出公钥 JWK / print only the public JWK')
    .action(async ({ out, json, log, witness, vault }) => {
      if (vault === true) process.exitCode = await vaultKey(out, json === true, program.opts().lang)
      else process.exitCode = await keygen(out, nameOf(log, witness), json === true, program.opts().lang)
    })
}

/** What signatures of the key are found under in notes: a log's checkpoints, a witness's cosignatures. */
interface KeyName {
  readonly name: string
  readonly type: SignatureType
}

function nameOf(log: string | undefined, witness: string | undefined): KeyName | undefined {
  if (log !== undefined) return { name: log, type: ED25519 }
  return witness === undefined ? undefined : { name: witness, type: COSIGNATURE_V1 }
}

/** The public half as registry and manifest list it: a JWK for messages, a verifier key for a log or a witness. */
type PublicKey = PublicJwk & { readonly verifierKey?: string }

async function keygen(path: string, named: KeyName | undefined, json: boolean, language: Language): Promise<number> {
  // Before a file is written: a key that nobody can name is of no use.
  if (named !== undefined && !isKeyName(named.name)) {
    process.stderr.write(say(WRONG_NAME, language))
    return EXIT.usage
  }
  return await orSayWhy(language, async () => {
    const jwk = await makeOwnKey(path)
    const key = named === undefined ? jwk : { ...jwk, verifierKey: verifierKeyText(named, jwk) }
    process.stdout.write(json ? `${JSON.stringify(key)}\n` : describe(path, key, language))
  })
}

/** Nothing of it is public: only where it is. */
async function vaultKey(path: string, json: boolean, language: Language): Promise<number> {
  return await orSayWhy(language, async () => {
    await generateSecretFile(path)
    const written: Text = {
      zh: `密钥加密密钥已写入 ${path}（权限 0600）。请另行妥善备份：没有它，数据库中的内容无法读取。`,
      en: `Key-encryption key written to ${path} (mode 0600). Keep a copy apart from all backups of the database: without it nothing in there can be read.`,
    }
    process.stdout.write(json ? `${JSON.stringify({ file: path })}\n` : say(written, language))
  })
}

async function orSayWhy(language: Language, work: () => Promise<void>): Promise<number> {
  try {
    await work()
    return EXIT.ok
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error
    process.stderr.write(say(keyFileText(error), language))
    return EXIT.failed
  }
}

function verifierKeyText({ name, type }: KeyName, jwk: PublicJwk): string {
  return formatVerifierKey(verifierKey(name, type, importPublicJwk(jwk)))
}

function describe(path: string, { verifierKey: text, ...jwk }: PublicKey, language: Language): string {
  const written: Text = {
    zh: `私钥已写入 ${path}（权限 0600）。请登记下面的公钥：`,
    en: `Private key written to ${path} (mode 0600). Hand in this public key:`,
  }
  return `${say(written, language)}${JSON.stringify(jwk, null, 2)}\n${text === undefined ? '' : `${text}\n`}`
}

const WRONG_NAME: Text = {
  zh: '密钥名称不能为空，不能含空白或加号，最长 255 字节',
  en: 'the name of a key is not empty, has no spaces and no plus sign, and at most 255 bytes',
}

/** What is wrong with a key file, and where a passphrase comes from. */
export function keyFileText({ code, path, message }: KeyFileError): Text {
  const hint = code === 'passphrase' ? ' (HEFU_PASSPHRASE_FILE)' : ''
  return { zh: `${path}：${IN_CHINESE[code]}${hint}`, en: `${message}${hint}` }
}

const IN_CHINESE: Readonly<Record<KeyFileCode, string>> = {
  missing: '文件不存在',
  unreadable: '无法读取',
  'not-a-file': '不是普通文件',
  mode: '权限宽于 0600',
  'not-pkcs8': '不是 PKCS#8 PEM 文件',
  passphrase: '口令缺失或不正确',
  'key-type': '不是 Ed25519 密钥',
  'not-secret': '不是 32 字节的密钥文件',
  exists: '文件已存在，不会覆盖',
  unwritable: '无法写入',
}
