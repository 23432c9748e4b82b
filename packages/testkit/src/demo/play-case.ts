import { registers } from '@hefu/procedures'
import type { ApiClient } from '../api-client.ts'
import type { Step } from './case-line.ts'
import type { CaseInput } from './demo-input.ts'
import { noteWritten, type PlayedCase, readDrafts, refused, sideOf, writeDocument } from './officer.ts'
import { playUsualSteps } from './usual-steps.ts'

export interface Stage {
  /** The officer's client of a region. */
  readonly officer: (region: string) => ApiClient
  readonly onWritten: (id: string) => void
  readonly signal: AbortSignal
}

/** Opens a case and plays it to the end of its script. Throws PlayError. */
export async function playCase(stage: Stage, { procedure, owner, counterparty, content }: CaseInput): Promise<void> {
  const { body, script } = content
  const written: PlayedCase['written'] = []
  const api = stage.officer(owner)
  const opened = await api.post(`/v1/${procedure.path}`, body)
  if (opened.status !== 201) throw refused(opened)
  noteWritten({ written, onWritten: stage.onWritten }, api, opened)
  const played: PlayedCase = {
    procedure,
    purpose: body.purpose,
    basis: body.basis,
    opening: body.data,
    caseNumber: String(opened.body.caseNumber),
    owner: api,
    counterparty: stage.officer(counterparty),
    written,
    onWritten: stage.onWritten,
    signal: stage.signal,
  }
  if (script === undefined) return await playUsualSteps(played)
  for (const step of script) await playStep(stage, played, step)
}

async function playStep(stage: Stage, played: PlayedCase, step: Step): Promise<void> {
  if ('register' in step) return await putRecord(stage.officer(step.region), step)
  if ('data' in step) return await writeDocument(played, step.document, async () => step.data)
  const side = sideOf(played, step.document)
  await writeDocument(played, step.document, async () => (await readDrafts(played, side)).get(step.document))
}

async function putRecord(api: ApiClient, { register, record }: Extract<Step, { register: string }>): Promise<void> {
  const id = String(record[registers.find(({ name }) => name === register)?.id ?? ''])
  const answer = await api.put(`/v1/registers/${register}/${encodeURIComponent(id)}`, record)
  if (answer.status !== 200 && answer.status !== 201) throw refused(answer)
}
