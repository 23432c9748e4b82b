import { generateKeyFile, type KeyFileCode, KeyFileError, type PublicJwk } from '@hefu/protocol'
import { EXIT } from '../exit-codes.ts'
import { type Language, say, type Text } from '../language.ts'
import type { Program } from '../program.ts'

/** `hefu keygen`: a private key stays in its file; only the public half is printed, ready for the federation file. */
export function addKeygen(program: Program): void {
  program
    .command('keygen')
    .description('生成 Ed25519 签名密钥 / make an Ed25519 signing key')
    .requiredOption(
      '--out <file>',
      '私钥文件（PKCS#8 PEM，权限 0600，不覆盖）/ private key file (PKCS#8 PEM, mode 0600, never overwritten)',
    )
    .option('--json', '只输出公钥 JWK / print only the public JWK')
    .action(async ({ out, json }) => {
      process.exitCode = await keygen(out, json === true, program.opts().lang)
    })
}

async function keygen(path: string, json: boolean, language: Language): Promise<number> {
  try {
    const jwk = await generateKeyFile(path)
    process.stdout.write(json ? `${JSON.stringify(jwk)}\n` : describe(path, jwk, language))
    return EXIT.ok
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error
    process.stderr.write(say({ zh: `${path}：${IN_CHINESE[error.code]}`, en: error.message }, language))
    return EXIT.failed
  }
}

function describe(path: string, jwk: PublicJwk, language: Language): string {
  const written: Text = {
    zh: `私钥已写入 ${path}（权限 0600）。请把下面的公钥登记到联合体文件：`,
    en: `Private key written to ${path} (mode 0600). Enter this public key in the federation file:`,
  }
  return `${say(written, language)}${JSON.stringify(jwk, null, 2)}\n`
}

const IN_CHINESE: Readonly<Record<KeyFileCode, string>> = {
  missing: '文件不存在',
  unreadable: '无法读取',
  'not-a-file': '不是普通文件',
  mode: '权限宽于 0600',
  'not-pkcs8': '不是 PKCS#8 PEM 文件',
  passphrase: '口令缺失或不正确',
  'key-type': '不是 Ed25519 密钥',
  exists: '文件已存在，不会覆盖',
  unwritable: '无法写入',
}
