import { type Agreement, isInForce } from '@hefu/protocol'
import { shanghaiDate } from '@hefu/reference'
import type { Context } from '../context.ts'

export type AgreementView = ReturnType<typeof viewOf>

/** The agreements of the registry in which this region takes part, as the registry has them. */
export function readAgreements(ctx: Pick<Context, 'region' | 'federation' | 'procedures' | 'now'>): AgreementView[] {
  return ctx.federation.agreements.filter(({ regions }) => regions.includes(ctx.region)).map((agreement) => viewOf(ctx, agreement))
}

/** Null: the agreement sets no limit there. */
function viewOf(ctx: Pick<Context, 'federation' | 'procedures' | 'now'>, agreement: Agreement) {
  const procedure = ctx.procedures.find(({ name, version }) => `${name}/${version}` === agreement.procedure)
  const titleOf = (code: string) => procedure?.purposes.find((purpose) => purpose.code === code)?.title ?? { zh: code, en: code }
  const nameOf = (region: string) => ctx.federation.regions.find((one) => one.region === region)?.name ?? { zh: region, en: region }
  return {
    id: agreement.id,
    version: agreement.version,
    procedure: agreement.procedure,
    procedureTitle: procedure?.title ?? null,
    regions: agreement.regions.map((region) => ({ region, name: nameOf(region) })),
    agencies: agreement.agencies ?? null,
    direction: agreement.direction ?? null,
    purposes: agreement.purposes.map((code) => ({ code, title: titleOf(code) })),
    basis: agreement.basis ?? null,
    fields: agreement.fields ?? null,
    automatic: agreement.automatic,
    deadlineRules: agreement.deadlineRules,
    retentionDays: agreement.retentionDays ?? null,
    validFrom: agreement.validFrom ?? null,
    validTo: agreement.validTo ?? null,
    /** Whether a case may begin under it today. */
    inForce: isInForce(agreement, shanghaiDate(ctx.now())),
  }
}
