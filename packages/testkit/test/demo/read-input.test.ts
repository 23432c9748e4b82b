import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { certificateRecognition, employers, insuranceTransfer, violationNotice } from '@hefu/procedures'
import { expect, onTestFinished, test } from 'vitest'
import { readInput } from '../../src/demo/read-input.ts'

type Example = {
  readonly from?: string
  readonly to: string
  readonly purpose: string
  readonly basis: string
  readonly data: Record<string, unknown>
}
const noticeBody = violationNotice.documents.notice?.examples[0]?.body as unknown as Example
const letterBody = insuranceTransfer.documents['contact-letter']?.examples[0]?.body as unknown as Example
const requestBody = certificateRecognition.documents.request?.examples[0]?.body as unknown as Example

async function read(files: Record<string, string | Buffer>) {
  const dir = await mkdtemp(join(tmpdir(), 'hefu-demo-input-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(dir, path)), { recursive: true })
    await writeFile(join(dir, path), content)
  }
  return await readInput(dir, Date.now())
}

/** `file:line pointer` of every problem. */
async function problemsOf(files: Record<string, string | Buffer>): Promise<string[]> {
  const result = await read(files)
  if (result.ok) return []
  for (const { zh, en } of result.problems) expect([zh, en].every((text) => text.length > 0)).toBe(true)
  return result.problems.map(({ file, line, pointer }) => `${file}:${line ?? ''} ${pointer}`)
}

const notices = '510100/violation-notices.ndjson'
const ndjson = (...lines: unknown[]) => lines.map((line) => JSON.stringify(line)).join('\n')

test('one file is enough; the usual regions complete it', async () => {
  const result = await read({ [notices]: ndjson({ body: noticeBody }), 'README.md': '# mine' })
  expect(result.ok && result.input.regions).toEqual(['510100', '500000'])
  expect(result.ok && result.input.cases.map(({ owner, counterparty, line }) => [owner, counterparty, line])).toEqual([
    ['510100', '500000', 1],
  ])
})

test('a wrong field is named with its file, line and pointer; empty lines count', async () => {
  const wrong = {
    ...noticeBody,
    data: { ...noticeBody.data, employer: { ...(noticeBody.data.employer as object), uscc: '91500112MA5U7B2C23' } },
  }
  expect(await problemsOf({ [notices]: `${ndjson({ body: noticeBody })}\n\n${ndjson({ body: wrong })}\n` })).toEqual([
    `${notices}:3 /body/data/employer/uscc`,
  ])
})

test('what the node would refuse on the day of sending is found before', async () => {
  const tomorrow = new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10)
  const violations = noticeBody.data.violations as { period: object }[]
  const late = {
    ...noticeBody,
    data: { ...noticeBody.data, violations: [{ ...violations[0], period: { from: '2026-01-01', to: tomorrow } }] },
  }
  const { person, ...letter } = letterBody.data as { person: { sex: string } }
  const otherSex = { ...letterBody, data: { ...letter, person: { ...person, sex: 'male' } } }
  expect(await problemsOf({ [notices]: ndjson({ body: late }), '510100/insurance-transfers.ndjson': ndjson({ body: otherSex }) })).toEqual([
    '510100/insurance-transfers.ndjson:1 /body/data/person/sex',
    `${notices}:1 /body/data/violations/0/period/to`,
  ])
})

test('text that is not JSON, not UTF-8 or names a member twice', async () => {
  const files = { [notices]: Buffer.concat([Buffer.from('{"body":\n{"a":1,"a":2}\n'), Buffer.from([0x22, 0xff, 0x22])]) }
  expect(await problemsOf(files)).toEqual([`${notices}:1 `, `${notices}:2 `, `${notices}:3 `])
})

test('recipient, purpose, basis and unknown members', async () => {
  const body = { ...requestBody, to: '510100-0001', purpose: 'curiosity', basis: '', cc: 'x' }
  expect(await problemsOf({ '510100/certificate-recognitions.ndjson': ndjson({ body, note: 1 }) })).toEqual(
    ['/note', '/body/cc', '/body/to', '/body/purpose', '/body/basis'].map(
      (pointer) => `510100/certificate-recognitions.ndjson:1 ${pointer}`,
    ),
  )
})

test('steps: unknown documents, data that does not fit, both data and draft, unknown registers, an unknown predecessor', async () => {
  const script = [
    { document: 'notice', data: {} },
    { document: 'filing', data: { entryNumber: 'x' } },
    { document: 'filing', draft: true, data: {} },
    { region: '310000', register: 'pets', record: {} },
  ]
  expect(await problemsOf({ [notices]: ndjson({ after: 'nobody', body: noticeBody }, { body: noticeBody, script }) })).toEqual([
    `${notices}:1 /after`,
    `${notices}:2 /script/0/document`,
    `${notices}:2 /script/1/data/enteredOn`,
    `${notices}:2 /script/1/data/keyInspectionTarget`,
    `${notices}:2 /script/2`,
    `${notices}:2 /script/3/region`,
    `${notices}:2 /script/3/register`,
  ])
})

test('register rows are checked too, and names that the demo does not know', async () => {
  const record = employers.examples[0]?.data as object
  const files = {
    [notices]: ndjson({ body: noticeBody }),
    '500000/registers/employers.ndjson': ndjson(record, { ...record, name: '' }),
    '500000/notices.ndjson': '',
    'chengdu/x.ndjson': '',
  }
  expect(await problemsOf(files)).toEqual(['chengdu: ', '500000/notices.ndjson: ', '500000/registers/employers.ndjson:2 /name'])
})

test('a folder that is missing, empty, or without any case', async () => {
  expect(await readInput('/nowhere/at/all', Date.now())).toMatchObject({ ok: false, problems: [{ file: '/nowhere/at/all', line: null }] })
  expect(await problemsOf({})).toHaveLength(1)
  expect(await problemsOf({ '510100/registers/employers.ndjson': '' })).toEqual(['.: '])
})
