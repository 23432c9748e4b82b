import { setTimeout as sleep } from 'node:timers/promises'
import { type ApiClient, listOf } from '../api-client.ts'
import type { InputProblem, RegisterInput } from './demo-input.ts'
import { refused } from './officer.ts'

/** Loads the registers through POST /v1/imports, all at once. Answers the rows that were not taken. */
export async function importRegisters(
  officer: (region: string) => ApiClient,
  inputs: readonly RegisterInput[],
  signal: AbortSignal,
): Promise<InputProblem[]> {
  const found = await Promise.all(
    inputs.filter(({ rows }) => rows > 0).map(async (input) => await importOne(officer(input.region), input, signal)),
  )
  return found.flat()
}

async function importOne(api: ApiClient, { register, text, file }: RegisterInput, signal: AbortSignal): Promise<InputProblem[]> {
  const created = await api.post(`/v1/imports?target=${register.name}`, text, { headers: { 'content-type': 'application/x-ndjson' } })
  if (created.status !== 202) throw refused(created)
  const path = `/v1/imports/${created.body.id}`
  for (;;) {
    signal.throwIfAborted()
    const { body } = await api.get(path)
    if (String(body.state) === 'done') break
    await sleep(50)
  }
  const [zh, en] = [await rowErrors(api, path, 'zh'), await rowErrors(api, path, 'en')]
  return zh.map(({ line, pointer, detail }, at) => ({ file, line, pointer, zh: detail, en: en[at]?.detail ?? detail }))
}

/** The errors of a finished import in one language: the same ones in the same order in each. */
async function rowErrors(api: ApiClient, path: string, language: 'zh' | 'en'): Promise<RowError[]> {
  const rows = await api.all(`${path}/errors?limit=200`, { headers: { 'accept-language': language } })
  return rows.flatMap(({ line, errors }) =>
    listOf(errors).map(({ pointer, detail }) => ({ line: Number(line), pointer: String(pointer), detail: String(detail) })),
  )
}

interface RowError {
  readonly line: number
  readonly pointer: string
  readonly detail: string
}
