import { fieldErrorsOf } from '@hefu/exchange'
import { type CaseFacts, type Procedure, registers, replay, startingDocument } from '@hefu/procedures'
import type { AgencyCode, Bilingual, CaseNumber, RegionId } from '@hefu/reference'

export interface LineProblem extends Bilingual {
  readonly pointer: string
}

type Members = Readonly<Record<string, unknown>>

interface LinePlace {
  readonly procedure: Procedure
  readonly owner: RegionId
  readonly regions: readonly RegionId[]
  /** Epoch milliseconds. */
  readonly nowMs: number
}

/** Everything that can be known to be wrong with a line before anything is sent; empty: it is a `CaseLine`. */
export function checkLine(value: unknown, place: LinePlace): LineProblem[] {
  if (!isObject(value)) return [problem('', '须为一个 JSON 对象', 'Must be one JSON object')]
  const { body, script, id, after, title } = value
  return [
    ...unknownMembers(value, ['id', 'after', 'title', 'body', 'script'], ''),
    ...optionalText(id, '/id'),
    ...optionalText(after, '/after'),
    ...(title === undefined || (isObject(title) && typeof title.zh === 'string' && typeof title.en === 'string')
      ? []
      : [problem('/title', '须为 {"zh","en"}', 'Must be {"zh","en"}')]),
    ...(isObject(body)
      ? checkBody(body, place)
      : [problem('/body', '缺少 body：开立办件的请求', 'Missing: body, the request that opens the case')]),
    ...checkScript(script, place),
  ]
}

function checkBody(body: Members, place: LinePlace): LineProblem[] {
  const { procedure, owner, regions } = place
  const found = unknownMembers(body, ['from', 'to', 'purpose', 'basis', 'data'], '/body')
  const peers = regions.filter((region) => region !== owner).map((region) => `${region}-0001`)
  if (body.from !== undefined && body.from !== `${owner}-0001`)
    found.push(problem('/body/from', `须为 ${owner}-0001，或省略`, `Must be ${owner}-0001, or left out`))
  if (!peers.includes(String(body.to)))
    found.push(problem('/body/to', `须为以下之一：${peers.join(', ')}`, `Must be one of: ${peers.join(', ')}`))
  const purposes = procedure.purposes.map(({ code }) => code)
  if (!purposes.includes(String(body.purpose)))
    found.push(problem('/body/purpose', `须为 ${purposes.join(', ')}`, `Must be ${purposes.join(', ')}`))
  if (typeof body.basis !== 'string' || body.basis === '' || body.basis.length > 500)
    found.push(problem('/body/basis', '须写明依据，至多 500 字符', 'Must state the legal basis, at most 500 characters'))
  const wrong = checkData(procedure, startingDocument(procedure), body.data, '/body/data')
  found.push(...wrong)
  return found.length > 0 ? found : checkOpening(body, place)
}

/** The findings that would make the node refuse the starting document. */
function checkOpening(body: Members, { procedure, owner, nowMs }: LinePlace): LineProblem[] {
  const to = String(body.to) as AgencyCode
  const facts: CaseFacts = {
    caseNumber: '' as CaseNumber,
    owner,
    counterparties: [to.slice(0, 6) as RegionId],
    deadlineRules: 1,
    receivedAt: new Map(),
    refused: [],
  }
  const opening = {
    digest: 'opening',
    document: startingDocument(procedure),
    by: owner,
    from: `${owner}-0001` as AgencyCode,
    to,
    issuedAt: Math.floor(nowMs / 1000),
    seen: [],
    data: body.data,
  }
  return replay(procedure, [opening], facts)
    .findings.filter(({ severity }) => severity === 'error')
    .map(({ pointer, zh, en }) => problem(`/body/data${pointer}`, zh, en))
}

function checkScript(script: unknown, place: LinePlace): LineProblem[] {
  if (script === undefined) return []
  if (!Array.isArray(script)) return [problem('/script', '须为步骤的数组', 'Must be an array of steps')]
  return script.flatMap((step: unknown, at) => checkStep(step, `/script/${at}`, place))
}

function checkStep(step: unknown, pointer: string, { procedure, regions }: LinePlace): LineProblem[] {
  if (!isObject(step)) return [problem(pointer, '须为一个 JSON 对象', 'Must be one JSON object')]
  if ('register' in step) return checkRecordStep(step, pointer, regions)
  const found = unknownMembers(step, ['document', 'data', 'draft'], pointer)
  const further = Object.keys(procedure.documents).filter((name) => name !== startingDocument(procedure))
  const { document, data, draft } = step
  if (typeof document !== 'string' || !further.includes(document))
    return [...found, problem(`${pointer}/document`, `须为以下之一：${further.join(', ')}`, `Must be one of: ${further.join(', ')}`)]
  if (draft === true && data === undefined) return found
  if (draft !== undefined) return [...found, problem(pointer, '写 "data"，或写 "draft": true', 'Give "data", or "draft": true, not both')]
  return [...found, ...checkData(procedure, document, data, `${pointer}/data`)]
}

function checkRecordStep(step: Members, pointer: string, regions: readonly RegionId[]): LineProblem[] {
  const found = unknownMembers(step, ['region', 'register', 'record'], pointer)
  if (!regions.some((region) => region === step.region))
    found.push(problem(`${pointer}/region`, `须为以下之一：${regions.join(', ')}`, `Must be one of: ${regions.join(', ')}`))
  const register = registers.find(({ name }) => name === step.register)
  const names = registers.map(({ name }) => name).join(', ')
  if (register === undefined) return [...found, problem(`${pointer}/register`, `须为以下之一：${names}`, `Must be one of: ${names}`)]
  const parsed = register.schema.safeParse(step.record)
  return parsed.success ? found : [...found, ...prefixed(fieldErrorsOf(parsed.error, step.record), `${pointer}/record`)]
}

function checkData(procedure: Procedure, document: string, data: unknown, pointer: string): LineProblem[] {
  const parsed = procedure.documents[document]?.schema.safeParse(data)
  return parsed === undefined || parsed.success ? [] : prefixed(fieldErrorsOf(parsed.error, data), pointer)
}

function prefixed(errors: readonly LineProblem[], pointer: string): LineProblem[] {
  return errors.map((error) => problem(pointer + error.pointer, error.zh, error.en))
}

function unknownMembers(value: Members, known: readonly string[], pointer: string): LineProblem[] {
  return Object.keys(value)
    .filter((name) => !known.includes(name))
    .map((name) => problem(`${pointer}/${name}`, `未知的成员，可用：${known.join(', ')}`, `Unknown member; known are: ${known.join(', ')}`))
}

function optionalText(value: unknown, pointer: string): LineProblem[] {
  return value === undefined || (typeof value === 'string' && value !== '') ? [] : [problem(pointer, '须为文本', 'Must be a text')]
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function problem(pointer: string, zh: string, en: string): LineProblem {
  return { pointer, zh, en }
}
