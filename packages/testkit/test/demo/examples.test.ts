import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { returnReasonCodes } from '@hefu/reference'
import { expect, test } from 'vitest'
import type { DemoInput } from '../../src/demo/demo-input.ts'
import { exampleFiles } from '../../src/demo/example-files.ts'
import { writtenOn } from '../../src/demo/examples/place.ts'
import { readInput } from '../../src/demo/read-input.ts'

const examples = fileURLToPath(new URL('../../../../examples', import.meta.url))

async function readExamples(nowMs = Date.now()): Promise<DemoInput> {
  const read = await readInput(examples, nowMs)
  if (!read.ok) throw new Error(JSON.stringify(read.problems.slice(0, 5)))
  return read.input
}

test('the committed files are what the generator writes', async () => {
  for (const [path, text] of exampleFiles()) {
    // Compared as a boolean: a difference of megabytes would be printed otherwise.
    expect({ path, same: (await readFile(join(examples, path), 'utf8')) === text }).toEqual({ path, same: true })
  }
})

test('every line is valid, on the day after the examples were written and years later', async () => {
  const dayAfter = Date.parse(writtenOn) + 86_400_000
  expect((await readExamples(dayAfter)).cases.length).toBe((await readExamples(dayAfter + 5 * 366 * 86_400_000)).cases.length)
})

test('there is as much of everything as the demo promises, in both directions', async () => {
  const { cases, registers } = await readExamples()
  const casesOf = (name: string) => cases.filter(({ procedure }) => procedure.name === name)
  expect(casesOf('violation-notice').length).toBeGreaterThanOrEqual(200)
  expect(casesOf('insurance-transfer').length).toBeGreaterThanOrEqual(60)
  expect(casesOf('certificate-recognition').length).toBeGreaterThanOrEqual(150)
  expect(rowsOf(registers, 'certificates')).toHaveLength(500)
  const persons = rowsOf(registers, 'insured-persons')
  expect(persons.length).toBeGreaterThanOrEqual(100)
  const years = persons.map(({ rows }) => rows.length)
  expect([Math.min(...years), Math.max(...years)]).toEqual([3, 25])
  for (const name of ['violation-notice', 'insurance-transfer', 'certificate-recognition'])
    expect([...new Set(casesOf(name).map(({ owner }) => owner))].sort()).toEqual(['500000', '510100'])
})

test('the awkward cases are there', async () => {
  const { cases, registers } = await readExamples()
  const titles = cases.map(({ content }) => content.title?.zh ?? '').join('\n')
  for (const code of [...returnReasonCodes, 'R05', 'R06', 'R07', 'R13']) expect(titles).toContain(code)
  const steps = cases.map(({ content }) => (content.script ?? []) as readonly { document?: string }[])
  const corrected = steps.filter((script) => {
    const objected = script.findIndex(({ document }) => document === 'objection')
    return objected !== -1 && script.slice(objected).some(({ document }) => document === 'information-form')
  })
  expect(corrected.length).toBeGreaterThanOrEqual(2)
  const kept = new Map(rowsOf(registers, 'certificates').map((row) => [String(row.number), row]))
  const asked = cases.flatMap<Record<string, unknown>>(
    ({ content }) => (content.body.data as { certificate?: Record<string, unknown> }).certificate ?? [],
  )
  const recordOf = (certificate: Record<string, unknown>) => kept.get(String(certificate.number))
  expect(asked.some((one) => recordOf(one)?.status === 'valid' && recordOf(one)?.occupation !== one.occupation)).toBe(true)
  expect(asked.some((one) => recordOf(one)?.status === 'revoked')).toBe(true)
  expect(asked.some((one) => recordOf(one) === undefined)).toBe(true)
  const all = cases.map(({ content }) => JSON.stringify(content)).join('\n')
  for (const part of [
    '"severity":"major"',
    '"stage":"suspected"',
    '"document":"retraction"',
    '"document":"repair"',
    '"document":"revocation"',
  ])
    expect(all).toContain(part)
  expect(all).toMatch(/"uscc":"91500(112|105)/)
  expect(all).toMatch(/"divisionCode":"500(112|105)"/)
})

function rowsOf(registers: DemoInput['registers'], name: string) {
  const texts = registers.filter(({ register }) => register.name === name).map(({ text }) => text.trim())
  return texts.flatMap((text) => text.split('\n').map((line) => JSON.parse(line)))
}
