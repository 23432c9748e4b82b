import { certificateRecognition, insuranceTransfer, type Procedure, registers, violationNotice } from '@hefu/procedures'

export const chengdu = '510100'
export const chongqing = '500000'

/** An example of a document, ready to be posted by Chengdu (or, where the other side writes it, by Chongqing). */
function example(procedure: Procedure, document: string, at = 0): Record<string, unknown> {
  const found = procedure.documents[document]?.examples[at]
  if (!found) throw new Error(`${procedure.name} has no example of ${document}`)
  return found.body as Record<string, unknown>
}

export const notice = example(violationNotice, 'notice')
export const suspectedNotice = example(violationNotice, 'notice', 1)
export const correction = example(violationNotice, 'correction')
export const filing = example(violationNotice, 'filing')
export const retraction = example(violationNotice, 'retraction')
export const recognitionRequest = example(certificateRecognition, 'request')
export const transferApplication = Object.values(insuranceTransfer.documents).find(({ starts }) => starts)?.examples[0]?.body as Record<
  string,
  unknown
>
export const completion = example(insuranceTransfer, 'completion')

/** The record that lets the other side answer the examples by itself: path and body of a PUT. */
export function registerExample(name: string): { path: string; body: Record<string, string> } {
  const register = registers.find((one) => one.name === name)
  const body = register?.examples[0]?.data as Record<string, string> | undefined
  if (!register || !body) throw new Error(`no register ${name}`)
  return { path: `/v1/registers/${name}/${encodeURIComponent(body[register.id] ?? '')}`, body }
}
