import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import {
  changedTiles,
  formatEntryBundle,
  formatVerifierKey,
  leafHash,
  parseEntryBundle,
  parsePolicies,
  parseTilePath,
  parseTlogProof,
  parseVerifierKey,
  tilePath,
  verifyCheckpoint,
  verifyConsistency,
  verifyTlogProof,
} from '../src/index.ts'
import { allVectors } from './make-vectors/all-vectors.ts'
import { examplePolicy } from './make-vectors/policies.ts'
import { ExampleWitness } from './make-vectors/witness.ts'

type Vectors = { readonly [Name in keyof typeof allVectors]: Awaited<ReturnType<(typeof allVectors)[Name]>> }
const unhex = (text: string): Uint8Array => Buffer.from(text, 'hex')
const names = Object.keys(allVectors) as (keyof Vectors)[]

async function committed<Name extends keyof Vectors>(name: Name): Promise<Vectors[Name]> {
  return JSON.parse(await readFile(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8')) as Vectors[Name]
}

test.each(names)('%s.json is what the script writes', async (name) => {
  expect(await committed(name)).toEqual(JSON.parse(JSON.stringify(await allVectors[name]())))
})

test('consistency proofs verify or fail as they say', async () => {
  const { proofs, invalid } = await committed('consistency')
  const verify = ({ oldSize, oldRootHex, newSize, newRootHex, pathHex }: (typeof proofs)[number]): boolean =>
    verifyConsistency({ oldSize, oldRoot: unhex(oldRootHex), newSize, newRoot: unhex(newRootHex), path: pathHex.map(unhex) })
  expect(proofs.length).toBe(36)
  for (const proof of proofs) expect(verify(proof), `${proof.oldSize} to ${proof.newSize}`).toBe(true)
  for (const proof of invalid) expect(verify(proof), proof.why).toBe(false)
})

describe('tiles', () => {
  test('paths have one spelling', async () => {
    const { paths, invalidPaths } = await committed('tiles')
    for (const { path, ...tile } of paths) {
      expect(parseTilePath(path)).toEqual({ ok: true, value: tile })
      expect(tilePath(tile)).toBe(path)
    }
    for (const { path, code } of invalidPaths) expect(parseTilePath(path), JSON.stringify(path)).toEqual({ ok: false, code })
  })

  test('a tree of 70,000 has the tiles that the standard counts', () => {
    const tiles = [...changedTiles(0, 70_000)].map(tilePath)
    expect(tiles.filter((path) => /^tile\/0\/[^.]+$/.test(path)).length).toBe(273)
    expect(tiles.filter((path) => !/^tile\/0\/[^.]+$/.test(path))).toEqual([
      'tile/0/273.p/112',
      'tile/1/000',
      'tile/1/001.p/17',
      'tile/2/000.p/1',
    ])
  })

  test('bundles', async () => {
    const { bundle, invalidBundles } = await committed('tiles')
    const entries = bundle.entriesHex.map(unhex)
    expect(formatEntryBundle(entries)).toEqual(new Uint8Array(unhex(bundle.bundleHex)))
    expect(parseEntryBundle(unhex(bundle.bundleHex), entries.length)).toEqual({ ok: true, value: entries })
    for (const { why, width, hex, code } of invalidBundles) expect(parseEntryBundle(unhex(hex), width), why).toEqual({ ok: false, code })
  })
})

describe('notes', () => {
  test('verifier keys', async () => {
    const { keys, invalidVerifierKeys } = await committed('notes')
    for (const { name, type, verifierKey } of keys) {
      const parsed = parseVerifierKey(verifierKey)
      expect(parsed).toMatchObject({ ok: true, value: { name, type } })
      expect(parsed.ok && formatVerifierKey(parsed.value)).toBe(verifierKey)
    }
    for (const { text, code } of invalidVerifierKeys) expect(parseVerifierKey(text), text).toEqual({ ok: false, code })
  })

  test('checkpoints with signatures', async () => {
    const { checkpoint, valid, invalid } = await committed('notes')
    const verified = verifyCheckpoint(checkpoint.note, examplePolicy)
    const { text, times, quorum, quorumTime } = checkpoint
    expect(verified).toMatchObject({ ok: true, value: { text, quorum, quorumTime, cosignatures: times.map((time) => ({ time })) } })
    for (const { why, note, quorum } of valid)
      expect(verifyCheckpoint(note, examplePolicy), why).toMatchObject({ ok: true, value: { quorum } })
    for (const { why, text, code } of invalid) {
      expect(verifyCheckpoint(text, examplePolicy), why).toEqual({ ok: false, code })
      expect(verifyCheckpoint(Buffer.from(text), examplePolicy), why).toEqual({ ok: false, code })
    }
  })
})

test('policies', async () => {
  const { valid, invalid } = await committed('policies')
  for (const { why, text, policies } of valid) {
    const parsed = parsePolicies(Buffer.from(text))
    const read =
      parsed.ok && parsed.value.map(({ log, witnesses, threshold }) => ({ log: log.name, witnesses: witnesses.length, threshold }))
    expect(read, why).toEqual(policies)
  }
  for (const { why, text, code } of invalid) expect(parsePolicies(text), why).toEqual({ ok: false, code })
})

test('proof files', async () => {
  const { valid, invalid } = await committed('proof-files')
  const judge = (text: string, leaf: Uint8Array) => {
    const parsed = parseTlogProof(Buffer.from(text))
    return parsed.ok ? verifyTlogProof(parsed.value, leaf, examplePolicy) : parsed
  }
  for (const { why, entryHex, leafHex, text } of valid) {
    expect(leafHash(unhex(entryHex)), why).toEqual(unhex(leafHex))
    expect(judge(text, unhex(leafHex)), why).toMatchObject({ ok: true, value: { quorum: true } })
  }
  for (const { why, leafHex, text, code } of invalid) expect(judge(text, unhex(leafHex)), why).toEqual({ ok: false, code })
})

test('the witness’s transcript has every status, and is answered again as written', async () => {
  const { steps } = await committed('witness')
  const witness = new ExampleWitness()
  for (const { why, body, answer } of steps) expect(await witness.answer(Buffer.from(body)), why).toEqual(answer)
  expect(new Set(steps.map(({ answer }) => answer.status))).toEqual(new Set([400, 404, 403, 409, 422, 200]))
  expect(
    steps.map(({ why, answer, recorded }) => [why, answer.status, answer.status === 409 ? answer.body : answer.code, recorded]),
  ).toEqual([
    ['not a request', 400, 'old', null],
    ['old with a leading zero', 400, 'old', null],
    ['old beyond the checkpoint', 400, 'old-beyond-size', null],
    ['an origin that this witness does not know', 404, 'unknown-origin', null],
    ['signed by nobody known', 403, 'no-good-signature', null],
    ['a flipped character in the log’s signature', 403, 'no-good-signature', null],
    ['ahead of a witness that has nothing', 409, '0\n', null],
    ['from nothing, with a proof', 422, 'proof', null],
    ['the first head', 200, undefined, 5],
    ['the same again, still from 0', 409, '5\n', 5],
    ['the same head again', 200, undefined, 5],
    ['the same size with another root', 422, 'same-size-other-root', 5],
    ['the same head with a proof', 422, 'proof', 5],
    ['another history', 422, 'proof', 5],
    ['another history, the proof of the true one', 422, 'proof', 5],
    ['no proof', 422, 'proof', 5],
    ['the log grew', 200, undefined, 12],
    ['back to an older head', 409, '12\n', 12],
    ['back to an older head, knowing the newer', 400, 'old-beyond-size', 12],
    ['it grew again', 200, undefined, 40],
    ['another log has its own head', 200, undefined, 40],
    ['signed by a stranger alone', 403, 'no-good-signature', 40],
  ])
})
