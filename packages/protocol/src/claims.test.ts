import { expect, test } from 'vitest'
import { exampleClaims } from '../test/make-vectors/example.ts'
import { parseClaims } from './claims.ts'

const parse = (value: unknown) => parseClaims(Buffer.from(JSON.stringify(value)))

test('whole claims, with and without an answer', () => {
  const answers = Buffer.alloc(32, 3).toString('base64url')
  expect(parse(exampleClaims)).toEqual({ ok: true, claims: exampleClaims })
  expect(parse({ ...exampleClaims, answers })).toEqual({ ok: true, claims: { ...exampleClaims, answers } })
})

test('with iss and jti the rest may be wrong: what is valid is known', () => {
  const result = parse({ ...exampleClaims, iat: 'now', aud: ['500000'], invented: 1, seen: undefined })
  expect(result).toMatchObject({ ok: false, refusal: 'schema' })
  if (result.ok || result.refusal !== 'schema') throw new Error('not refused')
  const { iat: _iat, aud: _aud, seen: _seen, ...valid } = exampleClaims
  expect(result.known).toEqual(valid)
  expect(result.problems.map(({ pointer }) => pointer)).toEqual(expect.arrayContaining(['/iat', '/aud', '/seen']))
})

test('without iss or jti there is nobody to answer', () => {
  expect(parse({ ...exampleClaims, iss: 'x' })).toEqual({ ok: false, refusal: 'unverifiable' })
  expect(parse({ ...exampleClaims, jti: undefined })).toEqual({ ok: false, refusal: 'unverifiable' })
  expect(parse([exampleClaims])).toEqual({ ok: false, refusal: 'unverifiable' })
})

test('the time in jti may be 120 s away from iat either way, not 121', () => {
  for (const [offset, ok] of [
    [120, true],
    [-120, true],
    [121, false],
    [-121, false],
  ] as const) {
    expect(parse({ ...exampleClaims, iat: exampleClaims.iat + offset }).ok, String(offset)).toBe(ok)
  }
})
