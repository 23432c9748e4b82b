import type { AgencyCode, RegionId } from '@hefu/reference'
import type { Agreement } from './agreement.ts'
import { type FederationProblem, repeated, unknownRegion } from './federation-problem.ts'

/** What an agreement says that does not fit together, or not with the federation: whatever could never be used was meant otherwise. */
export function crossCheckAgreement(
  agreement: Agreement,
  pointer: string,
  known: ReadonlySet<RegionId>,
  home: ReadonlyMap<AgencyCode, RegionId>,
): FederationProblem[] {
  const { regions } = agreement
  return [
    ...repeated(regions.map((region, at) => [region, `${pointer}/regions/${at}`])),
    ...regions.flatMap((region, at) => (known.has(region) ? [] : [unknownRegion(region, `${pointer}/regions/${at}`)])),
    ...agencyProblems(agreement, `${pointer}/agencies`, home),
    ...directionProblems(agreement, `${pointer}/direction`),
    ...validityProblems(agreement, `${pointer}/validTo`),
  ]
}

function agencyProblems({ agencies, regions }: Agreement, pointer: string, home: ReadonlyMap<AgencyCode, RegionId>): FederationProblem[] {
  if (agencies === undefined) return []
  const regionsOf = agencies.map((agency) => home.get(agency))
  return [
    ...repeated(agencies.map((agency, at) => [agency, `${pointer}/${at}`])),
    ...agencies.flatMap((agency, at) => {
      const region = regionsOf[at]
      if (region !== undefined && regions.includes(region)) return []
      return [{ pointer: `${pointer}/${at}`, zh: `${agency} 不是协议各区域的机构`, en: `${agency} is no agency of its regions` }]
    }),
    ...regions.flatMap((region) =>
      regionsOf.includes(region) ? [] : [{ pointer, zh: `区域 ${region} 没有参与机构`, en: `no agency of region ${region} takes part` }],
    ),
  ]
}

function directionProblems({ direction = [], regions }: Agreement, pointer: string): FederationProblem[] {
  return [
    ...repeated(direction.map(({ from, to }, at) => [`${from}-${to}`, `${pointer}/${at}`])),
    ...direction.flatMap(({ from, to }, at) => [
      ...[from, to].flatMap((region) =>
        regions.includes(region)
          ? []
          : [{ pointer: `${pointer}/${at}`, zh: `${region} 不是协议的区域`, en: `${region} is none of its regions` }],
      ),
      ...(from === to ? [{ pointer: `${pointer}/${at}`, zh: '不能发往本区域', en: 'leads to the same region' }] : []),
    ]),
  ]
}

function validityProblems({ validFrom, validTo }: Agreement, pointer: string): FederationProblem[] {
  if (validFrom === undefined || validTo === undefined || validFrom <= validTo) return []
  return [{ pointer, zh: '不得早于 validFrom', en: 'must not be before validFrom' }]
}
