import pino from 'pino'
import { startWorkers } from '../../src/queue/workers.ts'

// A process whose jobs never end: the test kills it in the middle of one.
const [url = '', prefix = ''] = process.argv.slice(2)
const stuck = () => {
  process.stdout.write('active\n')
  return new Promise<void>(() => {})
}
const concurrency = { deliver: 1, apply: 1, import: 1, reconcile: 1 }
const log = pino({ level: 'silent' })
await startWorkers({ url, prefix, log }, { deliver: stuck, apply: stuck, import: stuck, reconcile: stuck }, { concurrency })
process.stdout.write('ready\n')
