import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createTestDatabase } from '../../../testkit/src/postgres/test-database.ts'
import { readDocument } from '../../src/cases/read-case.ts'
import type { Context } from '../../src/context.ts'
import { putRecord } from '../../src/registers/put-record.ts'
import { readRecord } from '../../src/registers/read-record.ts'
import { createEpoch, destroyEpoch, readEpochs, rewrapEpochs } from '../../src/vault/epoch-files.ts'
import { type KeyWrapper, secretKeyWrapper } from '../../src/vault/key-wrapper.ts'
import { openVault } from '../../src/vault/open-vault.ts'
import { runRewraps } from '../../src/vault/rewrap-keys.ts'
import { asOnlyWriter } from '../../src/vault/rewrap-store.ts'
import { showRewrap, showVault } from '../../src/vault/show-vault.ts'
import { EPOCH_LEAD_MS, refreshEpochs, requestRewrap, turnEpochs } from '../../src/vault/turn-epochs.ts'
import { callerOf } from '../callers.ts'
import { submitNotice } from '../reconcile/halves.ts'
import { employerRecord } from '../registers/employer-records.ts'
import { type NodeContext, officer, openNodeContext, operator } from '../registers/node-context.ts'

const DAY = 86_400_000
const keeper = callerOf('systems', 'officer', '500000-0001')
let node: NodeContext
let ctx: Context
let folder: string
let nowMs: number
beforeEach(async () => {
  const { url } = await createTestDatabase()
  folder = await mkdtemp(join(tmpdir(), 'hefu-epochs-'))
  nowMs = Date.parse('2026-11-22T02:00:00Z')
  const now = () => nowMs
  const vaultPlace = { wrapper: secretKeyWrapper(randomBytes(32)), epochsFolder: folder }
  node = await openNodeContext(url, { now })
  await node.ctx.db.deleteFrom('vault_keys').execute()
  ctx = { ...node.ctx, vault: await openVault(node.ctx.db, vaultPlace, now), vaultPlace }
})
afterEach(async () => {
  await node[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const epochFiles = async () => (await readdir(folder)).sort()
const keysByEpoch = async () => Object.fromEntries((await showVault(ctx)).epochs.map(({ epoch, keys }) => [epoch, keys]))

async function fill(): Promise<{ caseNumber: string; jti: string; uscc: string }> {
  const record = employerRecord(1)
  await putRecord(ctx, officer, 'employers', record.uscc, record)
  return { ...(await submitNotice(ctx, '510100')), uscc: record.uscc }
}

async function expectReadable({ caseNumber, jti, uscc }: Awaited<ReturnType<typeof fill>>): Promise<void> {
  expect((await readDocument(ctx, keeper, caseNumber, jti)).data).toMatchObject({ employer: expect.anything() })
  expect((await readRecord(ctx, officer, 'employers', uscc)).record?.data).toEqual(employerRecord(1))
}

it('whoever asks for an epoch while another process hangs in making one is told so, and may ask again', async () => {
  const hanging = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  const held = asOnlyWriter(ctx.db, async () => {
    begun.resolve()
    await hanging.promise
  })
  await begun.promise
  await expect(requestRewrap(ctx, operator, { newEpoch: true })).rejects.toMatchObject({ code: 'unavailable' })
  hanging.resolve()
  await held
  expect(await requestRewrap(ctx, operator, { newEpoch: true })).toEqual({ id: expect.any(String) })
})

it('begins a new epoch each month, moves the living keys there, and destroys the old one after the backup period', async () => {
  const filled = await fill()
  await turnEpochs(ctx)
  expect(await keysByEpoch()).toEqual({ 1: 3 })

  nowMs += 30 * DAY
  await turnEpochs(ctx)
  // Made, and not used before every process knows it.
  expect([ctx.vault.currentEpoch(), await keysByEpoch()]).toEqual([1, { 1: 3, 2: 0 }])
  nowMs += EPOCH_LEAD_MS
  await turnEpochs(ctx)
  expect(await keysByEpoch()).toEqual({ 1: 0, 2: 3 })
  await expectReadable(filled)

  nowMs += 34 * DAY
  await turnEpochs(ctx)
  expect(await epochFiles()).toContain('epoch-000001.json')
  nowMs += 2 * DAY
  await turnEpochs(ctx)
  expect(await epochFiles()).not.toContain('epoch-000001.json')
  await expectReadable(filled)
  const { entry } = await ctx.db
    .selectFrom('log_pending')
    .select('entry')
    .where('entry', 'like', '%epoch-destroyed%')
    .executeTakeFirstOrThrow()
  expect(JSON.parse(entry)).toMatchObject({ kind: 'admin.change', action: 'vault.epoch-destroyed', subject: 'epoch-1' })
})

it('a rewrap that was killed goes on, and another process reads on meanwhile', async () => {
  const filled = await fill()
  const other: Context = { ...ctx, vault: await openVault(ctx.db, ctx.vaultPlace, ctx.now) }
  const { id } = await requestRewrap(ctx, operator, { newEpoch: true })
  await turnEpochs(ctx)
  expect(await showRewrap(ctx, id)).toMatchObject({ state: 'waiting', keys: { total: null, done: 0 } })
  nowMs += EPOCH_LEAD_MS
  let looks = 0
  await runRewraps(ctx, () => ++looks > 2)
  expect(await showRewrap(ctx, id)).toMatchObject({ state: 'running', keys: { total: 3 } })
  await expect(readDocument(other, keeper, filled.caseNumber, filled.jti)).resolves.toBeDefined()
  await turnEpochs(other)
  expect(await showRewrap(ctx, id)).toMatchObject({ state: 'done', keys: { total: 3, done: 3 } })
  expect(await keysByEpoch()).toEqual({ 1: 0, 2: 3 })
  await expectReadable(filled)
})

it('two operators who begin an epoch at once, beside two processes that turn epochs: each has its own, and no order comes before its epoch', async () => {
  const filled = await fill()
  const behind: Context = { ...ctx, now: () => nowMs - 5_000, vault: await openVault(ctx.db, ctx.vaultPlace, ctx.now) }
  const orders = await Promise.all([
    requestRewrap(ctx, operator, { newEpoch: true }),
    requestRewrap(behind, operator, { newEpoch: true }),
    turnEpochs(ctx),
    turnEpochs(behind),
  ])
  const made = await readEpochs(folder, ctx.vaultPlace.wrapper)
  expect(made.map(({ epoch }) => epoch)).toEqual([1, 2, 3])
  const starts = await Promise.all(orders.slice(0, 2).map(async (order) => (await showRewrap(ctx, order?.id ?? '')).startAt))
  expect(starts.toSorted()).toEqual(made.slice(1).map(({ from }) => new Date(from).toISOString()))
  nowMs += EPOCH_LEAD_MS + 5_000
  await Promise.all([turnEpochs(ctx), turnEpochs(behind)])
  for (const order of orders.slice(0, 2)) expect(await showRewrap(ctx, order?.id ?? '')).toMatchObject({ state: 'done' })
  // As every process does, whichever of the two has made the last epoch.
  await refreshEpochs(ctx)
  expect(await keysByEpoch()).toEqual({ 1: 0, 2: 0, 3: 3 })
  await expectReadable(filled)
})

it('an epoch that has wrapped something late is not destroyed before that has moved', async () => {
  const filled = await fill()
  // A process that never looks into the folder wraps under the old epoch when the others have moved on.
  const late: Context = { ...ctx, vault: await openVault(ctx.db, ctx.vaultPlace, ctx.now) }
  await requestRewrap(ctx, operator, { newEpoch: true })
  nowMs += EPOCH_LEAD_MS
  await turnEpochs(ctx)
  const { uscc, ...record } = employerRecord(2)
  await putRecord(late, officer, 'employers', uscc, { uscc, ...record })
  expect(await keysByEpoch()).toEqual({ 1: 1, 2: 3 })
  nowMs += 36 * DAY
  await turnEpochs(ctx)
  expect(await epochFiles()).toContain('epoch-000001.json')
  await turnEpochs(ctx)
  expect(await epochFiles()).not.toContain('epoch-000001.json')
  await expectReadable(filled)
  expect((await readRecord(ctx, officer, 'employers', uscc)).record?.data).toEqual({ uscc, ...record })
})

it('what an epoch wrapped cannot be opened once its key is destroyed', async () => {
  const { caseNumber, jti } = await fill()
  const copy = await ctx.db.selectFrom('cases').selectAll().where('case_number', '=', caseNumber).executeTakeFirstOrThrow()
  const message = await ctx.db.selectFrom('documents').select(['iss', 'message']).where('jti', '=', jti).executeTakeFirstOrThrow()
  const open = () =>
    ctx.vault.openMessage(
      { owner: `cases/${caseNumber}`, wrapped: copy.data_key },
      ['documents', `${jti}/${message.iss}`, 'message'],
      message.message ?? '',
    )
  expect(open()).toMatch(/^ey/)
  await requestRewrap(ctx, operator, { newEpoch: true })
  nowMs += EPOCH_LEAD_MS
  await turnEpochs(ctx)
  // A backup of that time can be brought back while it is kept.
  expect(open()).toMatch(/^ey/)
  nowMs += 36 * DAY
  await turnEpochs(ctx)
  expect(open).toThrow(expect.objectContaining({ code: 'unreadable' }))
  await ctx.db
    .updateTable('vault_keys')
    .set({ data_key: copy.data_key ?? '' })
    .execute()
  await expect(openVault(ctx.db, ctx.vaultPlace, ctx.now)).rejects.toMatchObject({ code: 'epochs-missing' })
})

it('the key-encryption key is exchanged: both open what there is, and after a rewrap the new one does alone', async () => {
  const filled = await fill()
  const [before, after] = [randomBytes(32), randomBytes(32)]
  const place = (wrapper: KeyWrapper) => ({ wrapper, epochsFolder: folder })
  // What the vault was made with is not known here; so it is exchanged twice.
  const first = secretKeyWrapper(before)
  await rewrapEpochs(folder, { wrap: first.wrap, unwrap: ctx.vaultPlace.wrapper.unwrap })
  const both = place(secretKeyWrapper(after, before))
  const moving: Context = { ...ctx, vaultPlace: both, vault: await openVault(ctx.db, both, ctx.now) }
  const waiting: Context = { ...ctx, vaultPlace: place(secretKeyWrapper(before, after)) }
  await expectReadable(filled)
  await requestRewrap(moving, operator, { newEpoch: false })
  await turnEpochs(moving)
  const alone = place(secretKeyWrapper(after))
  ctx = { ...ctx, vaultPlace: alone, vault: await openVault(ctx.db, alone, ctx.now) }
  await expectReadable(filled)
  // A process that still prefers the key before reads what the other has written.
  await turnEpochs(waiting)
  await expect(openVault(ctx.db, place(secretKeyWrapper(before)), ctx.now)).rejects.toMatchObject({ code: 'wrong-key' })
  expect(await epochFiles()).toEqual(['epoch-000001.json'])
})

it('whoever reads the folder while an epoch is destroyed finds it whole or gone, never half', async () => {
  const { wrapper } = ctx.vaultPlace
  const numbers = Array.from({ length: 20 }, (_, at) => at + 2)
  for (const epoch of numbers) await createEpoch(folder, wrapper, epoch, nowMs)
  let destroyed = false
  const reading = (async () => {
    while (!destroyed) await readEpochs(folder, wrapper)
  })()
  const destroying = (async () => {
    for (const epoch of numbers) await destroyEpoch(folder, epoch)
    destroyed = true
  })()
  await Promise.all([reading, destroying.finally(() => (destroyed = true))])
  expect(await epochFiles()).toEqual(['epoch-000001.json'])
})

it('a node that was killed while it destroyed an epoch starts, and finishes it', async () => {
  await createEpoch(folder, ctx.vaultPlace.wrapper, 2, nowMs + EPOCH_LEAD_MS)
  // As far as the process came.
  await rename(join(folder, 'epoch-000002.json'), join(folder, '.destroyed-epoch-000002.json'))
  await expect(openVault(ctx.db, ctx.vaultPlace, ctx.now)).resolves.toBeDefined()
  await turnEpochs(ctx)
  expect(await epochFiles()).toEqual(['epoch-000001.json'])
})

it('one key that somebody damaged keeps no other from being wrapped anew, and is reported', async () => {
  const filled = await fill()
  const damaged = await submitNotice(ctx, '510100')
  const { data_key: key } = await ctx.db
    .selectFrom('cases')
    .select('data_key')
    .where('case_number', '=', damaged.caseNumber)
    .executeTakeFirstOrThrow()
  const spoilt = `${key?.slice(0, 20)}${key?.[20] === 'A' ? 'B' : 'A'}${key?.slice(21)}`
  await ctx.db.updateTable('cases').set({ data_key: spoilt }).where('case_number', '=', damaged.caseNumber).execute()
  const { id } = await requestRewrap(ctx, operator, { newEpoch: true })
  nowMs += EPOCH_LEAD_MS
  await turnEpochs(ctx)
  expect(await showRewrap(ctx, id)).toMatchObject({ state: 'done', keys: { total: 4, done: 3 } })
  expect(await keysByEpoch()).toEqual({ 1: 1, 2: 3 })
  await expectReadable(filled)
  const alerts = await ctx.db.selectFrom('alerts').select('detail').where('kind', '=', 'vault.key-unreadable').execute()
  expect(alerts).toEqual([{ detail: { epoch: 1, keys: 1 } }])

  // Its epoch stays, for whoever repairs it; it is not tried at every look.
  nowMs += 36 * DAY
  for (let look = 0; look < 3; look++) await turnEpochs(ctx)
  expect(await epochFiles()).toContain('epoch-000001.json')
  const orders = await ctx.db.selectFrom('rewraps').select('id').where('requested_by', '=', 'schedule').execute()
  expect(orders.length).toBeLessThanOrEqual(2)
})
