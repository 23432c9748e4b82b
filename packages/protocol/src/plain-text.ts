/**
 * Expressions for the text of JSON values as an honest writer writes them: no spaces, no escapes. What they match is good; what they do not
 * match may be good all the same, and is for the schemas to judge (plain-log-entry.ts, plain-receipt.ts).
 */
export const plainRegion = '"[0-9]{6}"'
export const plainDigest = '"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]"'
export const plainJti = '"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"'
export const plainCaseNumber = '"[0-9]{6}-[A-Z]{2}-[0-9]{8}-[0-9A-HJKMNP-TV-Z]{8}"'
export const plainName = '"[a-z][a-z0-9-]{0,63}"'
export const plainVersionedName = '"[a-z][a-z0-9-]{0,63}/[1-9][0-9]{0,5}"'
export const plainCode = '"[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}"'
/** Below 10^15, so that no reader rounds it. */
export const plainCount = '(?:0|[1-9][0-9]{0,14})'

/** One or more, with commas between them. */
export function plainList(item: string): string {
  return `\\[${item}(?:,${item})*\\]`
}

/** As text, for an expression; bytes that are not ASCII become characters that fail every expression here. */
export function plainTextOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}
