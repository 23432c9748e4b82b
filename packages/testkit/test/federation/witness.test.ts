import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { signerOf } from '@hefu/protocol'
import {
  ED25519,
  formatAddCheckpoint,
  MAX_ADD_CHECKPOINT_BYTES,
  parseCheckpointNote,
  readCosignatures,
  verifierKey,
  verifyLogSignature,
} from '@hefu/translog'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Json, TestNetwork } from '../../src/index.ts'
import { chengdu, chongqing } from '../faults/bodies.ts'
import { addCheckpoint, type CraftedLog, craftLog, type LogOwner, storedLog } from '../faults/craft-log.ts'
import { query } from '../faults/observe.ts'

let net: TestNetwork
let owner: LogOwner
/** The log of Chengdu as Chongqing has cosigned it last, in the hands of this test: Chengdu's own node has ended. */
let log: CraftedLog
beforeAll(async () => {
  net = await TestNetwork.create([chengdu, chongqing])
  const { node, databaseUrl } = net.node(chengdu)
  owner = node.ctx.exchangeLog
  await node.stop()
  log = await storedLog(owner, databaseUrl)
  const { size } = await recorded()
  expect((await ask(await log.request(size))).status).toBe(200)
})
afterAll(async () => await net?.[Symbol.asyncDispose]())
let entries = 0
const another = () => `entry ${entries++}`
beforeEach(async () => {
  expect(await recorded()).toEqual({ size: log.leaves.length, root: hex(log.root()) })
})

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const witness = () => net.node(chongqing).node.ctx.exchangeLog.witnessKey
const exchange = () => net.node(chongqing).node.exchange ?? ''
const ask = async (body: string | Uint8Array<ArrayBuffer>, headers?: Record<string, string>) =>
  await addCheckpoint(exchange(), body, headers)
const alerts = async (): Promise<Json[]> =>
  (await net.node(chongqing).as('operator').all('/v1/alerts')).filter(({ kind }) => String(kind) === 'witness.contradiction')

async function recorded(origin = owner.key.name) {
  const rows = await query<{ size: string; root: Buffer }>(
    net.node(chongqing).databaseUrl,
    'select size, root from witnessed_heads where origin = $1',
    [origin],
  )
  const [row] = rows
  if (row === undefined) throw new Error('nothing is recorded')
  return { size: Number(row.size), root: row.root.toString('hex') }
}

/** Takes the log to a larger tree that the witness has cosigned. */
async function advance(): Promise<void> {
  const grown = log.grown(another())
  expect((await ask(await grown.request(log.leaves.length))).status).toBe(200)
  log = grown
}

describe('add-checkpoint answers', () => {
  it('200: a cosignature over the checkpoint, recorded before the answer', async () => {
    const grown = log.grown(another(), another(), another())
    const answer = await ask(await grown.request(log.leaves.length))
    expect(answer).toMatchObject({ status: 200, type: 'text/plain; charset=utf-8', text: expect.stringMatching(/^— .+ .+\n$/) })
    log = grown
    const note = parseCheckpointNote(await log.note())
    const read = note.ok && readCosignatures(answer.text, note.value.note.text, [witness()])
    expect(read).toMatchObject({ ok: true, value: [{ key: { name: witness().name }, time: expect.any(Number) }] })
  })

  it('200: the same head once more, whatever the body is called', async () => {
    for (const type of ['text/plain', 'application/octet-stream', 'application/json', 'x/y']) {
      expect((await ask(await log.request(log.leaves.length), { 'content-type': type })).status).toBe(200)
    }
    const unnamed = new Uint8Array(Buffer.from(await log.request(log.leaves.length)))
    expect((await ask(unnamed)).status).toBe(200)
  })

  it('409: the recorded size, when the sender believes another', async () => {
    await advance()
    const { size } = await recorded()
    for (const from of [0, size - 1]) {
      expect(await ask(await log.grown(another()).request(from))).toEqual({ status: 409, type: 'text/x.tlog.size', text: `${size}\n` })
    }
    const ahead = log.grown(another(), another())
    expect(await ask(await ahead.request(size + 1))).toEqual({ status: 409, type: 'text/x.tlog.size', text: `${size}\n` })
    // A smaller tree is not cosigned again either.
    expect(await ask(await log.request(size - 1, size - 1))).toMatchObject({ status: 409, text: `${size}\n` })
  })

  it('400: what is not a request', async () => {
    const good = await log.request(log.leaves.length)
    const size = log.leaves.length
    const bodies: [string, string][] = [
      ['old', 'x'],
      ['old', good.replace(/^old/, 'Old')],
      ['old', good.replace(/^old \d+/, `old 0${size}`)],
      ['old-beyond-size', good.replace(/^old \d+/, `old ${size + 1}`)],
      ['form', `old ${size}\n\nno checkpoint\n`],
      ['signature-line', good.replace('— ', '- ')],
    ]
    for (const [code, body] of bodies) {
      expect(await ask(body), code).toEqual({ status: 400, type: 'text/plain; charset=utf-8', text: `${code}\n` })
    }
    for (const body of [
      good.slice(0, -1),
      good.replace('\n', '\r\n'),
      `old ${size}\n${'AAAA\n'.repeat(64)}${good.slice(good.indexOf('\n') + 1)}`,
    ]) {
      expect((await ask(body)).status).toBe(400)
    }
    expect((await ask(new Uint8Array([0xff, 0xfe, 0x0a]))).status).toBe(400)
    expect((await ask('')).status).toBe(400)
  })

  it('404: a log that it does not know, its own too', async () => {
    const stranger = strangersLog('example.com/stranger')
    expect(await ask(await stranger.request(0))).toEqual({ status: 404, type: 'text/plain; charset=utf-8', text: 'unknown-origin\n' })
    const own = craftLog(net.node(chongqing).node.ctx.exchangeLog, log.leaves)
    expect((await ask(await own.request(0))).status).toBe(404)
  })

  it('403: not signed by the log', async () => {
    const forged = strangersLog(owner.key.name)
    expect(await ask(await forged.request(log.leaves.length))).toEqual({
      status: 403,
      type: 'text/plain; charset=utf-8',
      text: 'no-good-signature\n',
    })
    // The right key's name and id over other bytes.
    const other = (await log.grown(another()).note()).split('\n')
    const mine = (await log.note()).split('\n')
    const spliced = [...other.slice(0, 4), ...mine.slice(4)].join('\n')
    expect((await ask(formatAddCheckpoint({ oldSize: log.leaves.length, path: [], checkpoint: spliced }))).status).toBe(403)
  })

  it('422: another root of the recorded size; both signed heads are in the alert, and in the answer what was cosigned', async () => {
    await advance()
    const fork = craftLog(owner, log.leaves.slice(0, -1)).grown('another last entry')
    const before = await alerts()
    const answer = await ask(formatAddCheckpoint({ oldSize: log.leaves.length, path: [], checkpoint: await fork.note() }))
    expect(answer).toEqual({ status: 422, type: 'text/plain; charset=utf-8', text: await log.note() })
    const raised = (await alerts()).slice(0, -before.length || undefined)
    expect(raised).toHaveLength(1)
    expect(raised[0]).toMatchObject({
      peer: chengdu,
      detail: { origin: owner.key.name, why: 'same-size-other-root', cosigned: await log.note(), shown: await fork.note() },
    })
    for (const text of [String(detailOf(raised[0]).cosigned), String(detailOf(raised[0]).shown)]) {
      const note = parseCheckpointNote(text)
      expect(note.ok && verifyLogSignature(note.value, owner.key).ok).toBe(true)
    }
    // Once more: no second alert.
    await ask(formatAddCheckpoint({ oldSize: log.leaves.length, path: [], checkpoint: await fork.note() }))
    expect(await alerts()).toHaveLength(before.length + 1)
  })

  it('422: a larger tree that does not continue the recorded one', async () => {
    const fork = craftLog(owner, log.leaves.slice(0, -1)).grown('another last entry', another())
    expect((await ask(await fork.request(log.leaves.length))).status).toBe(422)
    const grown = log.grown(another())
    const path = [...(await grown.proof(log.leaves.length))]
    for (const wrong of [[], [...path, randomBytes(32)], path.toReversed().map((hash) => Buffer.from(hash).reverse())]) {
      const body = formatAddCheckpoint({ oldSize: log.leaves.length, path: wrong, checkpoint: await grown.note() })
      expect((await ask(body)).status).toBe(422)
    }
    const raised = (await alerts()).filter((alert) => String(detailOf(alert).why) === 'proof')
    expect(raised).toHaveLength(1)
  })

  it('413 and 415: nothing larger than a request can be, nothing compressed', async () => {
    expect((await ask('x'.repeat(MAX_ADD_CHECKPOINT_BYTES + 1))).status).toBe(413)
    expect((await ask(await log.request(log.leaves.length), { 'content-encoding': 'gzip' })).status).toBe(415)
  })

  it('what others signed beneath is neither judged nor kept', async () => {
    const grown = log.grown(another())
    const junk = `— example.com/other ${randomBytes(68).toString('base64')}\n`
    const body = `${await grown.request(log.leaves.length)}${junk.repeat(20)}`
    expect((await ask(body)).status).toBe(200)
    log = grown
    const [row] = await query<{ checkpoint: string }>(
      net.node(chongqing).databaseUrl,
      'select checkpoint from witnessed_heads where origin = $1',
      [owner.key.name],
    )
    expect(row?.checkpoint).toBe(await log.note())
  })
})

const detailOf = (alert: Json | undefined) => (alert?.detail ?? {}) as Json

/** A log of that name with a key that nobody pinned. */
function strangersLog(name: string): CraftedLog {
  const { privateKey } = generateKeyPairSync('ed25519')
  return craftLog({ key: verifierKey(name, ED25519, privateKey), signer: signerOf(privateKey) }, log.leaves)
}

describe('at once', () => {
  it('of two histories exactly one is cosigned', async () => {
    const size = log.leaves.length
    const forks = Array.from({ length: 12 }, (_, n) => log.grown(`fork ${n}`))
    const answers = await Promise.all(forks.map(async (fork) => await ask(await fork.request(size))))
    const cosigned = answers.flatMap(({ status }, at) => (status === 200 ? [at] : []))
    expect(cosigned).toHaveLength(1)
    log = forks[cosigned[0] ?? 0] as CraftedLog
    const others = answers.filter(({ status }) => status !== 200)
    for (const answer of others) expect(answer).toMatchObject({ status: 409, text: `${size + 1}\n` })
  })

  it('of one history the recorded head never becomes smaller', async () => {
    const size = log.leaves.length
    const grown = log.grown(...Array.from({ length: 16 }, another))
    const answers = await Promise.all(
      Array.from({ length: 16 }, async (_, n) => ({ to: size + n + 1, ...(await ask(await grown.request(size, size + n + 1))) })),
    )
    const cosigned = answers.filter(({ status }) => status === 200).map(({ to }) => to)
    expect(cosigned).toHaveLength(1)
    const head = await recorded()
    expect(head.size).toBe(cosigned[0])
    log = craftLog(owner, grown.leaves.slice(0, head.size))
  })
})
