import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { testDatabase } from '../../../testkit/src/postgres/test-database.ts'
import { forgetCheckpoints } from '../../src/log/checkpoint-store.ts'
import { type LogNode, openLogNode } from './log-node.ts'

const database = testDatabase()
let node: LogNode
beforeAll(async () => {
  node = await openLogNode(database.logins)
})
afterAll(async () => await node?.[Symbol.asyncDispose]())

const at = (time: string) => new Date(`2026-06-01T${time}:00Z`)

it('of each hour the newest witnessed checkpoint stays, and what witnesses, the end of a log and the last hour need', async () => {
  const rows: [epoch: number, size: number, time: string, witnessed: boolean][] = [
    // An hour with witnessed ones, one without, one whose last is not the witnessed one.
    [0, 10, '01:05', true],
    [0, 11, '01:30', true],
    [0, 12, '01:59', false],
    [0, 13, '02:10', false],
    [0, 14, '02:20', false],
    // The one that a slow witness cosigned last.
    [0, 15, '03:01', false],
    [0, 16, '03:02', true],
    // The end of a closed log.
    [0, 17, '03:03', false],
    [1, 1, '03:10', true],
    [1, 2, '03:20', true],
    // Younger than the border.
    [1, 3, '04:01', false],
    [1, 4, '04:02', true],
    [1, 5, '04:03', false],
  ]
  for (const [epoch, size, time, witnessed] of rows) {
    await sql`insert into log_checkpoints (epoch, size, at, note, witnessed) values (${epoch}, ${size}, ${at(time)}, 'n', ${witnessed ? 'w' : null})`.execute(
      node.sequencer,
    )
  }
  await sql`insert into log_witnesses (epoch, witness, size, note, answered_at) values (0, 'slow', 15, 'n', now())`.execute(node.sequencer)

  expect(await forgetCheckpoints(node.sequencer, at('04:00'))).toBe(4)
  const left = await node.owner.selectFrom('log_checkpoints').select(['epoch', 'size']).orderBy('epoch').orderBy('size').execute()
  expect(left.map(({ epoch, size }) => `${epoch}/${size}`)).toEqual(['0/11', '0/14', '0/15', '0/16', '0/17', '1/2', '1/3', '1/4', '1/5'])
  expect(await forgetCheckpoints(node.sequencer, at('04:00'))).toBe(0)
})
