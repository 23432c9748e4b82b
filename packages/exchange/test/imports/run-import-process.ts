import { runImport } from '../../src/imports/run-import.ts'
import { openNodeContext } from '../registers/node-context.ts'

// A worker of its own process: the test kills it in the middle of the import.
const [url = '', id = ''] = process.argv.slice(2)
await using node = await openNodeContext(url)
process.stdout.write('running\n')
await runImport(node.ctx, id)
