import { generateKeyPairSync } from 'node:crypto'
import { signerOf } from '@hefu/protocol'
import { COSIGNATURE_V1, cosignCheckpoint, ED25519, emptyRoot, formatCheckpoint, formatNote, signNote, verifierKey } from '@hefu/translog'
import { expect, test } from 'vitest'
import { judgeMiss } from './judge-promise.ts'

const MINUTE = 60_000
const DUE = Date.UTC(2026, 10, 22)
const witness = keyOf('b.example/witness', COSIGNATURE_V1)
const logs = { old: keyOf('a.example/log', ED25519), next: keyOf('a.example/log/1', ED25519) }
const never = { due_at: new Date(DUE), missed_log: null, missed_size: null, missed_at: null }

function keyOf(name: string, type: typeof ED25519 | typeof COSIGNATURE_V1) {
  const { privateKey } = generateKeyPairSync('ed25519')
  return { key: verifierKey(name, type, privateKey), signer: signerOf(privateKey) }
}

async function head(log: keyof typeof logs, size: number, atMs: number): Promise<string> {
  const { key, signer } = logs[log]
  const text = formatCheckpoint({ origin: key.name, size, root: emptyRoot() })
  const cosigned = await cosignCheckpoint(text, witness.key, witness.signer, atMs / 1000)
  return formatNote({ text, signatures: [await signNote(text, key, signer), cosigned] })
}

interface Known {
  readonly missed_log: string | null
  readonly missed_size: string | null
  readonly missed_at: Date | null
}

/** What is known after one look, and what another one says. */
const judge = async (known: Known, log: keyof typeof logs, size: number | undefined, at: number) => {
  const shown = size === undefined ? undefined : await head(log, size, at)
  const policy = { log: logs[log].key, witnesses: [witness.key], threshold: 1 }
  const judged = judgeMiss({ ...never, ...known }, shown, policy, at)
  if (judged.verdict !== 'missed') return { verdict: judged.verdict, known }
  const { miss } = judged
  return {
    verdict: 'missed',
    known: { missed_log: miss.log, missed_size: miss.size === null ? null : String(miss.size), missed_at: miss.at },
  }
}

test('a log that was cosigned anew and has not gone on accuses nobody; one that has gone on without the message does', async () => {
  const first = await judge(never, 'old', 7, DUE + MINUTE)
  expect(first.verdict).toBe('missed')
  expect((await judge(first.known, 'old', 7, DUE + 2 * MINUTE)).verdict).toBe('wait')
  expect((await judge(first.known, 'old', 8, DUE + 2 * MINUTE)).verdict).toBe('not-in-log')
  expect((await judge(first.known, 'old', 7, DUE + 17 * MINUTE)).verdict).toBe('not-in-log')
})

test('a successor is judged by its own heads: that it begins without the message says nothing yet', async () => {
  const first = await judge(never, 'old', 7, DUE + MINUTE)
  const begun = await judge(first.known, 'next', 1, DUE + 60 * MINUTE)
  expect(begun.verdict).toBe('missed')
  expect((await judge(begun.known, 'next', 1, DUE + 61 * MINUTE)).verdict).toBe('wait')
  expect((await judge(begun.known, 'next', 9, DUE + 61 * MINUTE)).verdict).toBe('not-in-log')
})

test('a peer that shows no witnessed head has a quarter of an hour from when it first answered, however long it was away', async () => {
  const first = await judge(never, 'old', undefined, DUE + 180 * MINUTE)
  expect(first.verdict).toBe('missed')
  expect((await judge(first.known, 'old', undefined, DUE + 194 * MINUTE)).verdict).toBe('wait')
  expect((await judge(first.known, 'old', undefined, DUE + 196 * MINUTE)).verdict).toBe('unwitnessed')
  expect(await judge(first.known, 'old', 7, DUE + 194 * MINUTE)).toMatchObject({
    verdict: 'missed',
    known: { missed_at: first.known.missed_at },
  })
})

test('a head that was seen before the promise was due is none', async () => {
  const policy = { log: logs.old.key, witnesses: [witness.key], threshold: 1 }
  expect(judgeMiss(never, await head('old', 7, DUE - MINUTE), policy, DUE + MINUTE)).toMatchObject({
    verdict: 'missed',
    miss: { log: null, size: null },
  })
})
