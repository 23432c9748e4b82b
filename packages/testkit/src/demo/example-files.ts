import { certificateRequests, exampleCertificates } from './examples/certificates.ts'
import { exampleEmployers } from './examples/employers.ts'
import { insuranceTransfers } from './examples/insurance-transfers.ts'
import { type ExampleRegion, places } from './examples/place.ts'
import { createRandom, type Random } from './examples/random.ts'
import { violationNotices } from './examples/violation-notices.ts'

const counts = {
  '510100': { seed: 20_260_331, notices: 120, employers: 80, certificates: 250, requests: 75, stayers: 30 },
  '500000': { seed: 20_260_401, notices: 100, employers: 90, certificates: 250, requests: 75, stayers: 30 },
} as const satisfies Record<ExampleRegion, unknown>

/** All input files of the demo, by path below examples/; always the same. */
export function exampleFiles(): ReadonlyMap<string, string> {
  const [chengdu, chongqing] = [registersOf('510100'), registersOf('500000')]
  return new Map([...filesOf('510100', chengdu, chongqing), ...filesOf('500000', chongqing, chengdu)])
}

function registersOf(region: ExampleRegion) {
  const { seed, employers, certificates, stayers } = counts[region]
  const random = createRandom(seed)
  return {
    random,
    employers: exampleEmployers(random, region, employers),
    certificates: exampleCertificates(random, region, certificates),
    transfers: insuranceTransfers(random, region, stayers),
  }
}

type Registers = ReturnType<typeof registersOf>

/** A region's registers, and the cases that it opens about what stands in the peer's. */
function filesOf(region: ExampleRegion, own: Registers, peer: Registers): [string, string][] {
  const random: Random = createRandom(counts[region].seed + 1)
  const { notices, requests } = counts[region]
  return [
    [`${region}/registers/employers.ndjson`, ndjson(own.employers)],
    [`${region}/registers/certificates.ndjson`, ndjson(own.certificates)],
    [`${region}/registers/insured-persons.ndjson`, ndjson(own.transfers.records)],
    [`${region}/violation-notices.ndjson`, ndjson(violationNotices(random, region, peer.employers, notices))],
    [`${region}/insurance-transfers.ndjson`, ndjson(peer.transfers.letters)],
    [`${region}/certificate-recognitions.ndjson`, ndjson(certificateRequests(random, places[region].peer, peer.certificates, requests))],
  ]
}

function ndjson(lines: readonly unknown[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('')
}
