import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Job } from '../../src/queue/job.ts'
import type { TestBackend } from './test-backend.ts'
import { gate, openTestQueue } from './test-queue.ts'

const chongqing: Job = { name: 'deliver', peer: '500000' }
const caseOf = (n: number): Job => ({ name: 'apply', cases: [`case-${n}`] })

/** What every backend of the queue must do. `start` brings a real server of its own. */
export function queueConformance(name: string, start: () => Promise<TestBackend>): void {
  describe(`queue on ${name}`, () => {
    let server: TestBackend
    let t: Awaited<ReturnType<typeof openTestQueue>>

    beforeAll(async () => {
      server = await start()
    })
    afterAll(() => server.stop())
    beforeEach(async () => {
      t = await openTestQueue(server.url)
    })
    afterEach(() => t.close())

    describe('delivery', () => {
      it('brings every kind of job to its handler, once', async () => {
        const jobs: Job[] = [chongqing, caseOf(1), { name: 'import', import: 'i-1' }, { name: 'reconcile', peer: '500000' }]
        const seen: Job[] = []
        const see = async (job: Job) => void seen.push(job)
        await t.work({ deliver: see, apply: see, import: see, reconcile: see })
        for (const job of jobs) await t.queue.add(job)
        await t.settled()
        expect(seen).toHaveLength(jobs.length)
        expect(seen).toEqual(expect.arrayContaining(jobs))
        expect(t.lines).toEqual([])
      })

      it('takes several jobs in one call and counts what waits', async () => {
        const cases = Array.from({ length: 40 }, (_, n) => ({ job: caseOf(n) }))
        await t.queue.addAll([...cases, { job: chongqing, key: '500000' }, { job: chongqing, key: '500000' }])
        expect(await t.queue.depth()).toEqual({ deliver: 1, apply: 40, import: 0, reconcile: 0 })
        const seen = new Set<string | undefined>()
        await t.work({ apply: async (job) => void seen.add(job.cases[0]), deliver: async (job) => void seen.add(job.peer) })
        await t.settled()
        expect(seen.size).toBe(41)
      })

      it('runs as many jobs at the same time as allowed, and no more', async () => {
        let running = 0
        let most = 0
        const apply = async () => {
          most = Math.max(most, ++running)
          await sleep(20)
          running--
        }
        await t.work({ apply }, { concurrency: { deliver: 1, apply: 3, import: 1, reconcile: 1 } })
        await t.queue.addAll(Array.from({ length: 30 }, (_, n) => ({ job: caseOf(n) })))
        await t.settled()
        expect(most).toBe(3)
      })

      it('does not let an import stand before a delivery', async () => {
        const importing = gate()
        const delivered = gate()
        await t.work({ import: () => importing.opened, deliver: async () => delivered.open() })
        await t.queue.add({ name: 'import', import: 'i-1' })
        await t.queue.add(chongqing)
        await delivered.opened
        expect((await t.queue.depth()).import).toBe(1)
        importing.open()
        await t.settled()
      })
    })

    describe('key', () => {
      it('leaves out what already waits, and keeps other keys apart', async () => {
        for (let i = 0; i < 20; i++) await t.queue.add(chongqing, { key: '500000' })
        await t.queue.add({ name: 'deliver', peer: '510000' }, { key: '510000' })
        expect((await t.queue.depth()).deliver).toBe(2)
        const runs: string[] = []
        await t.work({ deliver: async ({ peer }) => void runs.push(peer) })
        await t.settled()
        expect(runs.sort()).toEqual(['500000', '510000'])
      })

      it('makes one more run of everything that is added during a run', async () => {
        const started = gate()
        const release = gate()
        let runs = 0
        const deliver = async () => {
          runs += 1
          started.open()
          await release.opened
        }
        await t.work({ deliver })
        await t.queue.add(chongqing, { key: '500000' })
        await started.opened
        for (let i = 0; i < 20; i++) await t.queue.add(chongqing, { key: '500000' })
        expect(runs).toBe(1)
        release.open()
        await t.settled()
        expect(runs).toBe(2)
      })

      it('never loses a wake-up and never runs twice at once: 1,000 additions while a worker drains', async () => {
        let outbox = 0
        let running = 0
        let most = 0
        const deliver = async () => {
          most = Math.max(most, ++running)
          await sleep(Math.random() * 3)
          const taken = outbox
          await sleep(Math.random() * 2)
          outbox -= taken
          running--
        }
        await t.work({ deliver })
        for (let i = 0; i < 1_000; i++) {
          outbox += 1
          const added = t.queue.add(chongqing, { key: '500000' })
          if (i % 5 === 0) await added
          if (i % 29 === 0) await sleep(Math.random() * 6)
        }
        await t.queue.depth()
        await t.settled()
        expect(outbox).toBe(0)
        expect(most).toBe(1)
      })
    })

    describe('trouble with a job', () => {
      it('logs a handler that throws, without its message, and does not repeat the job', async () => {
        let runs = 0
        const deliver = async () => {
          runs += 1
          throw Object.assign(new Error('key (id)=(51010019491231002X) exists'), { code: '23505' })
        }
        await t.work({ deliver })
        await t.queue.add(chongqing, { key: '500000' })
        await t.settled()
        expect(runs).toBe(1)
        expect(t.logged('job.failed')).toMatchObject([{ queue: 'deliver', error: 'Error', code: '23505' }])
        expect(JSON.stringify(t.lines)).not.toContain('51010019491231002X')
        await t.queue.add(chongqing, { key: '500000' })
        await t.settled()
        expect(runs).toBe(2)
      })

      it('runs again after a failure when something was added meanwhile', async () => {
        const started = gate()
        const release = gate()
        let runs = 0
        const deliver = async () => {
          runs += 1
          started.open()
          await release.opened
          if (runs === 1) throw new Error('first')
        }
        await t.work({ deliver })
        await t.queue.add(chongqing, { key: '500000' })
        await started.opened
        await t.queue.add(chongqing, { key: '500000' })
        release.open()
        await t.settled()
        expect(runs).toBe(2)
      })

      it('drops what is no job, logs it, and goes on', async () => {
        const raw = await t.raw('deliver')
        await raw.add('deliver', { name: 'deliver', peer: '500000', body: 'more than ids' })
        await raw.add('other', null)
        await raw.add('apply', caseOf(1))
        const seen: Job[] = []
        await t.work({ deliver: async (job) => void seen.push(job) })
        await t.queue.add(chongqing)
        await t.settled()
        expect(seen).toEqual([chongqing])
        expect(t.logged('job.malformed')).toHaveLength(3)
        expect(JSON.stringify(t.lines)).not.toContain('more than ids')
      })

      it('does not let a body into the queue', async () => {
        const withBody = { ...chongqing, body: 'x' }
        await expect(t.queue.add(withBody)).rejects.toThrow('not a job')
        await expect(t.queue.addAll([{ job: withBody }])).rejects.toThrow('not a job')
        expect((await t.queue.depth()).deliver).toBe(0)
      })

      it('keeps nothing of finished jobs', async () => {
        await t.work({ apply: async () => {}, deliver: () => Promise.reject(new Error('no')) })
        await t.queue.addAll([{ job: caseOf(1) }, { job: chongqing }])
        await t.settled()
        for (const name of ['apply', 'deliver'] as const) {
          const raw = await t.raw(name)
          expect(await raw.getJobCountByTypes('completed', 'failed', 'delayed', 'waiting', 'active')).toBe(0)
        }
      })
    })

    describe('stopping', () => {
      it('finishes what runs and leaves what waits to the next worker', async () => {
        const started = gate()
        const release = gate()
        const finished: (string | undefined)[] = []
        const apply = async ({ cases }: { cases: string[] }) => {
          started.open()
          await release.opened
          finished.push(cases[0])
        }
        const one = { deliver: 1, apply: 1, import: 1, reconcile: 1 }
        const workers = await t.work({ apply }, { concurrency: one })
        await t.queue.addAll([{ job: caseOf(1) }, { job: caseOf(2) }])
        await started.opened
        const closed = workers.close()
        await sleep(50)
        expect(finished).toEqual([])
        release.open()
        await closed
        expect(finished).toEqual(['case-1'])
        expect((await t.queue.depth()).apply).toBe(1)
        await t.work({ apply })
        await t.settled()
        expect(finished).toEqual(['case-1', 'case-2'])
      })

      it('does not wait for ever', async () => {
        const started = gate()
        const stuck = () => {
          started.open()
          return new Promise<void>(() => {})
        }
        const workers = await t.work({ deliver: stuck }, { closeMs: 200 })
        await t.queue.add(chongqing)
        await started.opened
        await workers.close()
        expect(t.logged('workers.abandoned')).toHaveLength(1)
      })

      it('hands the job of a killed process to another one', async () => {
        const script = fileURLToPath(new URL('stuck-worker.ts', import.meta.url))
        const child = spawn(process.execPath, [script, server.url, t.config.prefix], { stdio: ['ignore', 'pipe', 'inherit'] })
        let said = ''
        child.stdout.on('data', (chunk) => {
          said += String(chunk)
        })
        await expect.poll(() => said, { timeout: 10_000 }).toBe('ready\n')
        await t.queue.add(chongqing, { key: '500000' })
        await expect.poll(() => said, { timeout: 2_000 }).toBe('ready\nactive\n')
        child.kill('SIGKILL')
        await once(child, 'exit')
        const runs: string[] = []
        await t.work({ deliver: async ({ peer }) => void runs.push(peer) })
        // A job without the key does not wait for the dead one.
        await t.queue.add(chongqing)
        await expect.poll(() => runs.length, { timeout: 2_000 }).toBe(1)
        await t.settled()
        expect(runs).toEqual(['500000', '500000'])
      })
    })

    describe('trouble with the backend', () => {
      it('goes on after everything in the queue was lost', async () => {
        const started = gate()
        const release = gate()
        const runs: string[] = []
        const deliver = async ({ peer }: { peer: string }) => {
          runs.push(peer)
          started.open()
          await release.opened
        }
        await t.work({ deliver })
        await t.queue.add(chongqing, { key: '500000' })
        await started.opened
        await t.queue.addAll([{ job: chongqing, key: '500000' }, { job: caseOf(1) }])
        await server.flush()
        expect(await t.queue.depth()).toEqual({ deliver: 0, apply: 0, import: 0, reconcile: 0 })
        await t.queue.add(chongqing, { key: '500000' })
        release.open()
        await expect.poll(() => runs.length, { timeout: 10_000 }).toBe(2)
        await t.settled()
      })

      it('goes on after all connections were cut, in the middle of a job too', async () => {
        const seen: (string | undefined)[] = []
        const started = gate()
        const release = gate()
        const deliver = async () => {
          started.open()
          await release.opened
        }
        await t.work({ deliver, apply: async ({ cases }) => void seen.push(cases[0]) })
        await t.queue.add(chongqing, { key: '500000' })
        await started.opened
        await server.disconnectAll()
        release.open()
        await addUntilTaken(caseOf(1))
        await expect.poll(() => seen, { timeout: 10_000 }).toContain('case-1')
        await t.settled()
      })

      it('rejects additions within a second while the backend is away, and works again when it is back', async () => {
        const seen: (string | undefined)[] = []
        await t.work({ apply: async ({ cases }) => void seen.push(cases[0]) })
        await server.down()
        try {
          for (const attempt of [1, 2, 3]) {
            const before = performance.now()
            await expect(t.queue.add(caseOf(attempt))).rejects.toThrow()
            expect(performance.now() - before).toBeLessThan(1_000)
          }
          await sleep(1_500)
        } finally {
          await server.up()
        }
        await addUntilTaken(caseOf(4))
        await expect.poll(() => seen, { timeout: 10_000 }).toContain('case-4')
        expect(t.logged('queue.disturbed').length).toBeGreaterThan(0)
        expect(t.lines.length).toBeLessThan(40)
      })

      it('stops while the backend is away', async () => {
        const workers = await t.work({}, { closeMs: 500 })
        await server.down()
        try {
          await workers.close()
          await t.close()
        } finally {
          await server.up()
        }
      })

      async function addUntilTaken(job: Job): Promise<void> {
        await expect
          .poll(
            () =>
              t.queue.add(job).then(
                () => 'taken',
                () => 'refused',
              ),
            { timeout: 15_000, interval: 50 },
          )
          .toBe('taken')
      }
    })

    describe('schedules', () => {
      const everySecond = {
        name: 'every-second',
        pattern: '* * * * * *',
        tz: 'Asia/Shanghai',
        job: { name: 'reconcile', peer: '500000' },
      } as const

      it('fire again and again, and come back when the queue was lost', async () => {
        let runs = 0
        const reconcile = async () => void runs++
        await t.work({ reconcile }, { schedules: () => [everySecond], scheduleCheckMs: 300 })
        // What is to fire later does not wait; for a moment in each second one does.
        await expect.poll(async () => (await t.queue.depth()).reconcile, { timeout: 5_000 }).toBe(0)
        await expect.poll(() => runs, { timeout: 5_000 }).toBeGreaterThanOrEqual(2)
        await server.flush()
        const before = runs
        await expect.poll(() => runs, { timeout: 5_000 }).toBeGreaterThanOrEqual(before + 2)
      })

      it('follow the time zone, and are replaced by the next start', async () => {
        const nightly = { ...everySecond, name: 'nightly', pattern: '30 3 * * *' }
        const raw = await t.raw('reconcile')
        const first = await t.work(
          {},
          { schedules: () => [everySecond, nightly], concurrency: { deliver: 1, apply: 1, import: 1, reconcile: 1 } },
        )
        await first.close()
        await t.work({}, { schedules: () => [nightly] })
        const [stored, ...others] = await raw.getJobSchedulers()
        expect(others).toEqual([])
        expect(stored).toMatchObject({ key: 'nightly', tz: 'Asia/Shanghai' })
        // Shanghai keeps UTC+8 all year: 03:30 there is 19:30 UTC.
        expect(new Date(stored?.next ?? 0).toISOString()).toMatch(/T19:30:00\.000Z$/)
      })

      it('are stored once by workers that start at the same moment', async () => {
        const raw = await t.raw('reconcile')
        const many = Array.from({ length: 8 }, (_, at) => ({ ...everySecond, name: `nightly-${at}`, pattern: '30 3 * * *' }))
        await t.schedule(6, many)
        expect((await raw.getJobSchedulers()).map(({ key }) => key).toSorted()).toEqual(many.map(({ name }) => name))
        expect(await raw.getDelayedCount()).toBe(many.length)
      })

      it('follow their list while it changes', async () => {
        const toPeer = (peer: string) => ({
          ...everySecond,
          name: `reconcile-${peer}`,
          pattern: '30 3 * * *',
          job: { name: 'reconcile', peer } as const,
        })
        const raw = await t.raw('reconcile')
        let peers = ['500000', '510700']
        await t.work({}, { schedules: () => peers.map(toPeer), scheduleCheckMs: 100 })
        const stored = async () => (await raw.getJobSchedulers()).map(({ key }) => key).toSorted()
        await expect.poll(stored, { timeout: 5_000 }).toEqual(['reconcile-500000', 'reconcile-510700'])
        peers = ['500000', '513200']
        await expect.poll(stored, { timeout: 5_000 }).toEqual(['reconcile-500000', 'reconcile-513200'])
      })
    })
  })
}
