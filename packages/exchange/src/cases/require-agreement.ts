import type { Procedure } from '@hefu/procedures'
import { type Agreement, type AgreementRule, agreementByName, brokenRule, fieldsNotAgreed, findAgreements } from '@hefu/protocol'
import { type AgencyCode, type RegionId, shanghaiDate } from '@hefu/reference'
import type { Context } from '../context.ts'
import type { CaseRow } from '../db/schema.ts'
import { type ErrorCode, HefuError } from '../errors.ts'

type Agreed = Pick<Context, 'federation'>

interface Wanted {
  readonly purpose: string
  readonly basis: string
}

/** Under which a case begins: the first that nothing is against. Throws HefuError with the rule that the first of those that cover it breaks. */
export function agreementToOpen(
  ctx: Agreed & Pick<Context, 'region' | 'now'>,
  { name, version }: Procedure,
  { region, agencies, ...wanted }: Wanted & { readonly region: RegionId; readonly agencies: readonly string[] },
): Agreement {
  const opensOn = shanghaiDate(ctx.now())
  const use = { ...wanted, owner: ctx.region, other: region, agencies: agencies as readonly AgencyCode[], opensOn }
  const found = findAgreements(ctx.federation, { procedure: `${name}/${version}`, regions: [ctx.region, region], day: opensOn })
  const [first] = found
  if (first === undefined) throw new HefuError('agreement-missing')
  const agreed = found.find((agreement) => brokenRule(agreement, use) === undefined)
  const rule = brokenRule(agreed ?? first, use)
  if (rule !== undefined) throw new HefuError(codes[rule])
  return agreed ?? first
}

/** The agreement that governs a case, to its end; throws HefuError with the rule that the next document is against. */
export function requireAgreement(ctx: Agreed, row: Pick<CaseRow, 'agreement' | 'owner' | 'participants'>, wanted: Wanted): Agreement {
  const agreement = agreementByName(ctx.federation, row.agreement)
  if (!agreement) throw new HefuError('agreement-missing')
  const other = row.participants.find(({ region }) => region !== row.owner)
  const rule = brokenRule(agreement, {
    ...wanted,
    owner: row.owner as RegionId,
    other: (other?.region ?? row.owner) as RegionId,
    agencies: row.participants.map(({ agency }) => agency as AgencyCode),
    opensOn: null,
  })
  if (rule !== undefined) throw new HefuError(codes[rule])
  return agreement
}

/** Throws HefuError `field-not-agreed` with the place of each value that may not travel. */
export function requireFields(ctx: Agreed, { agreement }: Pick<CaseRow, 'agreement'>, document: string, data: unknown): void {
  const governing = agreementByName(ctx.federation, agreement)
  const pointers = governing === undefined ? [] : fieldsNotAgreed(governing, document, data)
  if (pointers.length === 0) return
  throw new HefuError('field-not-agreed', {
    errors: pointers.map((pointer) => ({ pointer: `/data${pointer}`, code: 'field-not-agreed', ...notAgreed })),
  })
}

const notAgreed = {
  zh: '共享协议不允许传送此项，请删除',
  en: 'The agreement does not let this travel: leave it out',
}

const codes: Record<AgreementRule, ErrorCode> = {
  regions: 'agreement-missing',
  validity: 'agreement-not-in-force',
  direction: 'direction-not-agreed',
  agencies: 'agency-not-agreed',
  purposes: 'purpose-not-agreed',
  basis: 'basis-not-agreed',
}
