import { KeyFileError } from '@hefu/protocol'
import { EXIT } from '../exit-codes.ts'
import { type Language, say, type Text } from '../language.ts'
import { TrustFileError } from '../trust/trust-error.ts'
import { keyFileText } from './keygen.ts'

/** Does the work and prints what came of it, for people or as one line of JSON; what was not done is said, and no trace shown. */
export async function runTrust(
  { language, json }: { readonly language: Language; readonly json: boolean },
  work: () => Promise<{ readonly text: Text; readonly report: Readonly<Record<string, unknown>> }>,
): Promise<void> {
  try {
    const { text, report } = await work()
    process.stdout.write(json ? `${JSON.stringify({ ok: true, ...report })}\n` : say(text, language))
    process.exitCode = EXIT.ok
  } catch (error) {
    const text = failureOf(error)
    if (text === undefined) throw error
    process.stderr.write(say(text, language))
    process.exitCode = EXIT.failed
  }
}

function failureOf(error: unknown): Text | undefined {
  if (error instanceof TrustFileError) return error.text
  if (error instanceof KeyFileError) return keyFileText(error)
  return undefined
}
