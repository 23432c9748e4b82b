import { startingDocument, violationNotice } from '@hefu/procedures'

const example = violationNotice.documents[startingDocument(violationNotice)]?.examples[0]?.body

/** A valid notice from Chengdu to Chongqing: the procedure's own example. */
export function noticeBody(): string {
  return JSON.stringify(example)
}
