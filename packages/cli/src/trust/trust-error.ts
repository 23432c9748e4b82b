import type { Text } from '../language.ts'

/** What keeps a command over registries and manifests from being done; says so in both languages. */
export class TrustFileError extends Error {
  readonly text: Text

  constructor(text: Text) {
    super(text.en)
    this.name = 'TrustFileError'
    this.text = text
  }
}
