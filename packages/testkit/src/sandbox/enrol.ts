/**
 * For whoever tries docker-compose.yml: enrols the clients whose keys `setup` made, as the two administrators would, and prints a token of
 * each. Runs where the node runs, on its settings; running it again prints new tokens.
 *
 *   docker compose exec chengdu node packages/testkit/src/sandbox/enrol.ts
 */
import { dirname, join } from 'node:path'
import { enrolTrialClients } from '../clients/enrol-clients.ts'
import { clientFilesIn } from '../federation-files.ts'

const { HEFU_REGION: region, HEFU_CLIENTS: clientsFile, HEFU_API_PORT: port, HEFU_API_URL: issuer } = process.env
if (region === undefined || clientsFile === undefined) {
  console.error('需要节点的设置 HEFU_REGION 和 HEFU_CLIENTS\nHEFU_REGION and HEFU_CLIENTS of the node are needed')
  process.exit(2)
}
const tokens = await enrolTrialClients({
  api: `http://127.0.0.1:${port ?? '8080'}`,
  ...(issuer === undefined ? {} : { issuer }),
  region,
  clients: clientFilesIn(join(dirname(clientsFile), 'clients')),
  now: Date.now,
})
process.stdout.write(`${JSON.stringify(tokens, null, 2)}\n`)
