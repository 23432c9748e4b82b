import { Command, Option } from '@commander-js/extra-typings'
import { callerMissing } from './api/caller-options.ts'
import { addAudit } from './commands/audit.ts'
import { addClient } from './commands/client.ts'
import { addContent } from './commands/content.ts'
import { addFederation } from './commands/federation.ts'
import { addKey } from './commands/key.ts'
import { addKeyRewrap } from './commands/key-rewrap.ts'
import { addKeygen } from './commands/keygen.ts'
import { addStart } from './commands/start.ts'
import { addToken } from './commands/token.ts'
import { LANGUAGES, languageOf, say, type Text } from './language.ts'

/** `hefu` with all its commands. A further command is one file in commands/ and one line here. */
export function buildProgram() {
  const program = createProgram()
  addKeygen(program)
  addStart(program)
  addAudit(program)
  addFederation(program)
  addKey(program)
  addToken(program)
  addClient(program)
  addKeyRewrap(program)
  addContent(program)
  return program
}

export type Program = ReturnType<typeof createProgram>

function createProgram() {
  const language = languageOf(process.env)
  return new Command('hefu')
    .description(
      say(
        { zh: '合符：区域间人社业务联合交换', en: 'Hefu: a federated exchange between regional HR & social-security bureaus' },
        language,
      ).trim(),
    )
    .addOption(new Option('--lang <language>', '语言 / language').choices(LANGUAGES).default(language))
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(say(wrongUsage(text.trim()), language)),
    })
}

function wrongUsage(text: string): Text {
  const [, flags] = /required option '(.+)' not specified/.exec(text) ?? []
  return (flags === undefined ? undefined : callerMissing(flags)) ?? { zh: `用法错误，见 hefu --help：${text}`, en: text }
}
