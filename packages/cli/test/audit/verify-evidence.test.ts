import { type EvidenceDocument, type EvidencePackage, messageDigest, parseFederation } from '@hefu/protocol'
import { describe, expect, test } from 'vitest'
import type { FindingCode } from '../../src/audit/meanings.ts'
import { printEvidence } from '../../src/audit/print-report.ts'
import { type EvidenceOptions, verifyEvidence } from '../../src/audit/verify-evidence.ts'
import { buildEvidence, prover } from '../build-evidence.ts'
import { buildHalves, exampleFederation, honestParts, signHead } from '../build-log.ts'

const halves = await buildHalves(20)
const { a, b, policies, exportedAt } = halves
const notes = { a: (await honestParts(a, b, exportedAt)).checkpoint, b: (await honestParts(b, a, exportedAt)).checkpoint }
const parsed = parseFederation(exampleFederation)
if (!parsed.ok) throw new Error('the example federation is not valid')
const { federation } = parsed

// Four documents from Chengdu in one request, none refused.
const caseNumber = halves.messages.find(({ claims }, at) => claims.iss === a.region && halves.messages[at + 3]?.claims.case === claims.case)
  ?.claims.case as string
const honest = await buildEvidence(halves, caseNumber, notes)
const whole = await buildEvidence(halves, caseNumber, notes, { receipts: true })

const verify = (evidence: unknown, options: Partial<EvidenceOptions> = {}) =>
  verifyEvidence(Buffer.from(JSON.stringify(evidence)), { policies, federation, ...options })
const codesOf = async (evidence: EvidencePackage, options: Partial<EvidenceOptions> = {}) => {
  const report = await verify(evidence, options)
  expect(report.ok).toBe(report.findings.length === 0)
  return [...new Set(report.findings.map(({ code }) => code))].toSorted()
}
const first = honest.documents[0] as EvidenceDocument
const second = honest.documents[1] as EvidenceDocument
const answer = first.answer as NonNullable<EvidenceDocument['answer']>
const proof = first.logProofs[0] as EvidenceDocument['logProofs'][number]
const withFirst = (change: Partial<EvidenceDocument>): EvidencePackage => ({
  ...honest,
  documents: [{ ...first, ...change }, ...honest.documents.slice(1)],
})

test('an honest package is proven by both logs', async () => {
  expect(honest.documents.length).toBeGreaterThan(3)
  const report = await verify(honest)
  expect([report.ok, report.findings, report.notes]).toEqual([true, [], []])
  const witnessedAt = new Date(Math.floor(exportedAt / 1000 - 30) * 1000).toISOString()
  expect(report.documents[0]).toEqual({
    digest: first.digest,
    document: 'notice',
    iss: a.region,
    aud: b.region,
    status: 'accepted',
    provenBy: [a.log.key.name, b.log.key.name],
    witnessedAt,
  })
  expect(report.summary.zh).toBe('一件')
})

test('without the federation file the keys are only claimed, and the report says so', async () => {
  const report = await verify(honest, { federation: undefined })
  expect([report.ok, report.notes.map(({ code }) => code)]).toEqual([true, ['keys-claimed']])
})

test('what the federation file says of a key goes before what the package says', async () => {
  const compromised = structuredClone(exampleFederation)
  for (const one of compromised.regions)
    for (const key of one.keys) Object.assign(key, { revoked: { at: 1, reason: 'compromised', since: 2 } })
  const known = parseFederation(compromised)
  if (!known.ok) throw new Error('the federation is not valid')
  expect(await codesOf(honest, { federation: known.federation })).toEqual(['key-compromised'])
})

describe('a region that has left', () => {
  const leaver = exampleFederation.regions.find(({ region }) => region === a.region)
  const revokedAt = Math.floor(exportedAt / 1000) - 100
  const revoked = { at: revokedAt, reason: 'compromised' as const, since: revokedAt }

  /** As registries and manifests say it now, or said it then. */
  const federationWith = (times: object, left: boolean) => {
    const keys = (leaver?.keys ?? []).map((key) => ({ ...key, ...times }))
    const stay = exampleFederation.regions.filter(({ region }) => region !== a.region)
    const file = left
      ? { ...exampleFederation, regions: stay, agencies: [], agreements: [], former: [{ region: a.region, keys }] }
      : { ...exampleFederation, regions: [{ ...leaver, keys }, ...stay] }
    const known = parseFederation(file)
    if (!known.ok) throw new Error(JSON.stringify(known.problems))
    return known.federation
  }

  test('its evidence is judged under the policy of the time, with the federation file of then or of now', async () => {
    for (const left of [false, true]) {
      const report = await verify(honest, { federation: federationWith({}, left) })
      expect([left, report.findings, report.notes]).toEqual([left, [], []])
    }
  })

  test('its own witness cannot date its signature back to before the key was stolen', async () => {
    const at = halves.messages.find(({ digest }) => digest === first.digest)
    const late = await prover(a, await signHead(a, a.entries, [b], revokedAt + 50))(at?.sentAt as number)
    const back = await prover(b, await signHead(b, b.entries, [a], revokedAt - 50))(at?.receivedAt as number)
    const forged = { ...withFirst({ logProofs: [late, back] }), documents: [{ ...first, logProofs: [late, back] }], checkpoints: [] }
    for (const left of [false, true]) {
      expect([left, await codesOf(forged, { federation: federationWith({ revoked }, left) })]).toEqual([left, ['key-compromised']])
    }
  })
})

test('a peer that was away, and documents that one log alone proves, are notes', async () => {
  const alone = {
    ...honest,
    documents: honest.documents.map((one) => ({ ...one, logProofs: one.logProofs.filter(({ log }) => log === a.log.key.name) })),
    peers: [{ region: halves.b.region, status: 'away' as const }],
  }
  const report = await verify(alone)
  const codes = new Set(report.notes.map(({ code }) => code))
  expect([report.ok, codes]).toEqual([true, new Set(['proven-by-one', 'peer-unproven'])])
  expect(report.peers).toEqual(alone.peers)
})

test('content that is not held, and a receipt that has not come, are notes', async () => {
  const report = await verify(withFirst({ message: null, answer: null }))
  expect([report.ok, report.notes.map(({ code }) => code)]).toEqual([true, ['content-not-held', 'receipt-open']])
})

test('a report for people says what was expected only where something was', async () => {
  const [zh, en] = await Promise.all(
    (['zh', 'en'] as const).map(async (language) => printEvidence(await verify(withFirst({ message: null, answer: null })), language)),
  )
  expect(zh).toMatch(/content-not-held \S+：未附内容，只证明其摘要。\n/)
  expect(en).toMatch(/content-not-held \S+: The content is not in the package: only its digest is proven\.\n/)
  expect(zh).toContain(`（应为 ${b.region}，实为 —）`)
  expect(en).toContain(`(expected ${b.region}, found —)`)
})

describe('whatever is wrong is a finding', () => {
  const flipped = (text: string) => `${text.slice(0, -20)}${text.at(-20) === 'A' ? 'B' : 'A'}${text.slice(-19)}`
  const cases: [string, EvidencePackage, FindingCode[]][] = [
    ['other bytes', withFirst({ message: second.message }), ['document-digest']],
    ['a bad signature', withFirst({ message: flipped(first.message as string) }), ['document-signature']],
    [
      'another sender',
      withFirst({ iss: b.region, aud: a.region }),
      ['document-case', 'document-unproven', 'proof-entry', 'receipt-signature'],
    ],
    ['another document’s receipt leaf', withFirst({ answer: { ...answer, index: 1 } }), ['receipt-path']],
    ['refused, it says', withFirst({ answer: { ...answer, status: 'refused', reason: 'agreement' } }), ['receipt-path']],
    ['a forged receipt', withFirst({ answer: { ...answer, receipt: flipped(answer.receipt) } }), ['receipt-signature']],
    ['no proof', withFirst({ logProofs: [] }), ['document-unproven']],
    ['a proof of another entry', withFirst({ logProofs: second.logProofs }), ['document-unproven', 'proof-entry']],
    [
      'an altered entry',
      withFirst({ logProofs: [{ ...proof, entry: proof.entry.replace('notice', 'answer') }] }),
      ['document-unproven', 'proof-invalid'],
    ],
    ['a proof that cannot be read', withFirst({ logProofs: [{ ...proof, proof: 'x' }] }), ['document-unproven', 'proof-form']],
    ['a log that the policy does not know', withFirst({ logProofs: [{ ...proof, log: 'else' }] }), ['document-unproven', 'proof-log']],
    ['a document twice', { ...honest, documents: [...honest.documents, first] }, ['document-repeated']],
    ['a checkpoint nobody signed', { ...honest, checkpoints: ['nothing'] }, ['checkpoint-unknown']],
    ['a key of somebody else', { ...honest, keys: honest.keys.map((key) => ({ ...key, region: b.region })) }, ['key-unknown']],
    [
      'a key with another name',
      { ...honest, keys: honest.keys.map((key, at) => ({ ...key, key: { ...key.key, x: honest.keys[1 - at]?.key.x as string } })) },
      ['key-invalid'],
    ],
    ['a key that had long expired', { ...whole, keys: whole.keys.map((key) => ({ ...key, exp: 1 })) }, ['key-late']],
    ['a key that was not yet one', { ...whole, keys: whole.keys.map((key) => ({ ...key, iat: 3_900_000_000 })) }, ['key-early']],
    [
      'a key that was compromised before, which nobody knew',
      { ...whole, keys: whole.keys.map((key) => ({ ...key, revoked: { at: 1, reason: 'compromised' as const, since: 4_000_000_000 } })) },
      ['key-doubtful'],
    ],
    [
      'a key of which all knew that it was compromised',
      { ...whole, keys: whole.keys.map((key) => ({ ...key, revoked: { at: 1, reason: 'compromised' as const } })) },
      ['key-compromised'],
    ],
    [
      'a key that was compromised later',
      { ...whole, keys: whole.keys.map((key) => ({ ...key, revoked: { at: 3_900_000_000, reason: 'compromised' as const } })) },
      [],
    ],
    [
      'a receipt by a key of which all knew that it was compromised',
      {
        ...whole,
        keys: whole.keys.map((key) => (key.region === b.region ? { ...key, revoked: { at: 1, reason: 'compromised' as const } } : key)),
      },
      ['key-compromised'],
    ],
    [
      'a receipt by a key that was compromised before, which nobody knew',
      {
        ...whole,
        keys: whole.keys.map((key) =>
          key.region === b.region ? { ...key, revoked: { at: 1, reason: 'compromised' as const, since: 4_000_000_000 } } : key,
        ),
      },
      ['key-doubtful'],
    ],
    [
      'a receipt by a key that had long expired',
      { ...whole, keys: whole.keys.map((key) => (key.region === b.region ? { ...key, exp: 1 } : key)) },
      ['key-late'],
    ],
    ['a superseded key', { ...whole, keys: whole.keys.map((key) => ({ ...key, revoked: { at: 1, reason: 'superseded' as const } })) }, []],
  ]
  test.each(cases)('%s', async (_, evidence, codes) => {
    expect(await codesOf(evidence)).toEqual(codes)
  })

  test('a receipt that a thief makes for an old document: the document is old, the receipt nobody saw', async () => {
    const genuine = whole.documents[0] as EvidenceDocument
    const keys = whole.keys.map((key) =>
      key.region === b.region ? { ...key, revoked: { at: 3_900_000_000, reason: 'compromised' as const } } : key,
    )
    expect(await codesOf({ ...whole, keys })).toEqual([])
    const hidden = genuine.logProofs.filter(({ entry }) => !entry.includes('"kind":"receipt.'))
    expect(hidden.length).toBe(2)
    const report = await verify({ ...whole, documents: whole.documents.with(0, { ...genuine, logProofs: hidden }), keys })
    expect(report.findings).toEqual([
      expect.objectContaining({ code: 'key-compromised', subject: messageDigest(answer.receipt), found: '—' }),
    ])
    // The witness of whoever signed it says nothing of its time.
    const own = genuine.logProofs.filter(({ entry }) => !entry.includes('"kind":"receipt.issued"'))
    expect((await verify({ ...whole, documents: whole.documents.with(0, { ...genuine, logProofs: own }), keys })).findings).toEqual(
      report.findings,
    )
  })

  test('a head without a quorum proves nothing', async () => {
    const unwitnessed = await signHead(a, a.entries, [], 0)
    const at = halves.messages.find(({ digest }) => digest === first.digest)?.sentAt as number
    expect(await codesOf(withFirst({ logProofs: [await prover(a, unwitnessed)(at)] }))).toEqual(['document-unproven', 'proof-quorum'])
  })

  test('two heads of one size', async () => {
    const fork = await signHead(a, a.entries.toReversed(), [b], 1)
    expect(await codesOf({ ...honest, checkpoints: [fork] })).toEqual(['checkpoint-fork'])
  })
})

test('a document left out is missed by those that saw it', async () => {
  const seeing = await buildHalves(3, { chained: true })
  const parts = {
    a: (await honestParts(seeing.a, seeing.b, seeing.exportedAt)).checkpoint,
    b: (await honestParts(seeing.b, seeing.a, seeing.exportedAt)).checkpoint,
  }
  const number = seeing.messages[1]?.claims.case as string
  const whole = await buildEvidence(seeing, number, parts)
  expect(whole.documents.length).toBe(2)
  expect(await codesOf(whole)).toEqual([])
  const report = await verify({ ...whole, documents: whole.documents.slice(1) })
  expect(report.findings).toEqual([expect.objectContaining({ code: 'document-missing', subject: whole.documents[0]?.digest })])
})

test('what is no evidence package is not judged', async () => {
  for (const bad of ['x', {}, { ...honest, extra: 1 }, { ...honest, documents: [] }])
    await expect(verify(bad)).rejects.toMatchObject({ code: 'evidence' })
})

test('a document of another case cannot be smuggled in without its content: its receipt alone names no case', async () => {
  const other = halves.messages.find(({ claims, receipt }) => claims.case !== caseNumber && receipt.leaf.status === 'accepted')
  const foreign = (await buildEvidence(halves, other?.claims.case as string, notes)).documents[0] as EvidenceDocument
  const receiptAt = ({ entries }: typeof a) =>
    entries.findIndex((entry) => entry.includes('"kind":"receipt.') && entry.includes(messageDigest(foreign.answer?.receipt as string)))
  const logProofs = [await prover(a, notes.a)(receiptAt(a)), await prover(b, notes.b)(receiptAt(b))]
  const smuggled = { ...foreign, message: null, logProofs }
  expect(await codesOf({ ...honest, documents: [...honest.documents, smuggled] })).toEqual(['case-unproven'])
  // With an entry that names its own case, that is what differs.
  const named = { ...foreign, message: null }
  expect(await codesOf({ ...honest, documents: [...honest.documents, named] })).toEqual(['document-unproven', 'proof-entry'])
})

test('a refusal is proven with its own reason only', async () => {
  const refused = halves.messages.find(({ receipt }) => receipt.leaf.status === 'refused') as (typeof halves.messages)[number]
  const pack = await buildEvidence(halves, refused.claims.case, notes)
  expect(await codesOf(pack)).toEqual([])
  const entries = [a, b].flatMap((half) =>
    half.entries.filter((entry) => entry.includes('"kind":"refusal"') && entry.includes(refused.digest)),
  )
  expect(entries).toEqual([expect.stringContaining('"reason":"agreement"')])
  const [half, other] = refused.claims.iss === a.region ? ([b, a] as const) : ([a, b] as const)
  const changed = half.entries.with(refused.receivedAt, (half.entries[refused.receivedAt] as string).replace('"agreement"', '"schema"'))
  const lied = { ...half, entries: changed }
  const note = await signHead(lied, changed, [other], Math.floor(exportedAt / 1000) - 30)
  const proof = await prover(lied, note)(refused.receivedAt)
  const documents = pack.documents.map((one) =>
    one.digest === refused.digest ? { ...one, logProofs: [...one.logProofs.slice(0, 1), proof] } : one,
  )
  expect(await codesOf({ ...pack, documents, checkpoints: [] })).toContain('proof-entry')
})
