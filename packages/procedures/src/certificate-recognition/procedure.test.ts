import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type PlayedCase, playCase } from '../../test/played-case.ts'
import type { Decision, RecognitionRequest, Verification } from './documents.ts'
import { exampleCertificate, examples } from './examples.ts'
import { certificateRecognition } from './procedure.ts'

type Written = readonly [string, unknown]

const request: Written = ['request', examples.request[0]?.body.data]
const verified: Written = ['verification', examples.verification[0]?.body.data]
const notFound: Written = ['verification', { outcome: 'not-found' } satisfies Verification]
const recognised: Written = ['decision', examples.decision[0]?.body.data]
const refused: Written = ['decision', examples.decision[1]?.body.data]
const revoked: Written = ['revocation', examples.revocation[0]?.body.data]
const withdrawal: Written = ['withdrawal', examples.withdrawal[0]?.body.data]
const recognisedAnyway: Written = ['decision', { ...(recognised[1] as Decision), reason: '撤销有误' }]
const hiring: Written = ['request', { certificate: exampleCertificate, use: 'hiring' } satisfies RecognitionRequest]

test('every example is valid, and becomes JSON schema', () => {
  for (const [name, definition] of Object.entries(certificateRecognition.documents)) {
    for (const example of definition.examples) expect(definition.schema.safeParse(example.body.data).error, name).toBeUndefined()
    expect(JSON.stringify(z.toJSONSchema(definition.schema))).toContain('"additionalProperties":false')
  }
})

describe('states', () => {
  test.each<[string, string | null, Written[]]>([
    ['requested', 'issuer', [request]],
    ['verified', 'host', [request, verified]],
    ['verified', 'host', [request, notFound, verified]],
    ['verified', null, [hiring, verified]],
    ['recognised', null, [request, verified, recognised]],
    ['refused', null, [request, verified, refused]],
    ['refused', null, [request, notFound, refused]],
    ['under-review', 'host', [request, verified, revoked]],
    ['under-review', 'host', [request, verified, recognised, revoked]],
    ['under-review', 'host', [request, verified, recognised, notFound]],
    ['under-review', 'host', [request, verified, recognised, revoked, verified]],
    ['under-review', 'host', [request, verified, recognised, revoked, revoked]],
    ['under-review', 'host', [request, verified, refused, verified]],
    ['refused', null, [request, verified, refused, revoked]],
    ['refused', null, [request, verified, revoked, refused]],
    ['recognised', null, [request, verified, revoked, recognisedAnyway]],
    ['withdrawn', null, [request, withdrawal]],
    ['withdrawn', null, [request, verified, withdrawal]],
  ])('%s, ball: %s', (state, ball, documents) => {
    const played = playCase(certificateRecognition, documents)
    expect(played.replay.state).toBe(state)
    expect(played.replay.ballHolder).toBe(ball)
    expect([...played.replay.standings.values()].every(({ standing }) => standing === 'effective')).toBe(true)
  })

  const voidOfLast = ({ replay, documents }: PlayedCase) => {
    const standing = replay.standings.get(documents.at(-1)?.digest ?? '')
    return standing?.standing === 'void' ? standing.reason.code : standing?.standing
  }

  test.each<[string, string, Written[]]>([
    ['not-authentic', 'verified', [request, notFound, recognised]],
    ['not-authentic', 'under-review', [request, verified, recognised, notFound, recognised]],
    ['reason-needed', 'under-review', [request, verified, revoked, recognised]],
    ['not-possible', 'withdrawn', [request, withdrawal, verified]],
  ])('void: %s', (reason, state, documents) => {
    const played = playCase(certificateRecognition, documents)
    expect(played.replay.state).toBe(state)
    expect(voidOfLast(played)).toBe(reason)
  })

  test.each<[Written[]]>([[[request, verified, recognised, withdrawal]], [[request, verified, recognised, refused]], [[request, revoked]]])(
    'void where the table has nothing',
    (documents) => {
      expect(voidOfLast(playCase(certificateRecognition, documents))).not.toBe('effective')
    },
  )
})

describe('deadlines', () => {
  const due = (...documents: Written[]) =>
    playCase(certificateRecognition, documents, undefined, '2026-02-13').replay.deadlines.map(
      ({ rule, holder, due }) => `${rule} ${holder} ${due}`,
    )

  test('verification: three working days; review: ten', () => {
    expect(due(request)).toEqual(['verification issuer 2026-02-25'])
    expect(due(request, verified)).toEqual([])
    expect(due(request, verified, recognised)).toEqual([])
    expect(due(request, verified, revoked)).toEqual(['review host 2026-03-05'])
    expect(due(request, verified, refused, revoked)).toEqual([])
  })

  test.each<[string, Written[]]>([
    ['2-revocation', [request, verified, revoked]],
    ['2-revocation', [request, verified, revoked, verified, revoked]],
    ['3-verification', [request, verified, recognised, notFound]],
    ['4-verification', [request, verified, refused, revoked, verified]],
    ['5-revocation', [request, verified, revoked, verified, recognisedAnyway, revoked]],
  ])('the review runs from what opened it: %s', (digest, documents) => {
    const { replay } = playCase(certificateRecognition, documents)
    const rule = certificateRecognition.deadlines.find((one) => one.rule === 'review')
    expect(replay.state).toBe('under-review')
    expect(typeof rule?.start.documents === 'function' && rule.start.documents(replay.view)?.digest).toBe(digest)
  })
})

describe('effects', () => {
  const tasks = (role: string, ...documents: Written[]) =>
    certificateRecognition
      .effects(playCase(certificateRecognition, documents).replay.view, role)
      .map((effect) => `${effect.kind} ${effect.key} ${effect.digest}`)

  test('the host is asked to decide and to review', () => {
    expect(tasks('host', request)).toEqual([])
    expect(tasks('host', request, verified)).toEqual(['task decide 1-verification'])
    expect(tasks('host', hiring, verified)).toEqual([])
    expect(tasks('host', request, verified, recognised)).toEqual([])
    expect(tasks('host', request, verified, recognised, revoked)).toEqual(['task review 3-revocation'])
    expect(tasks('issuer', request, verified, revoked)).toEqual([])
  })
})
