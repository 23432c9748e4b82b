import type { Procedure } from '@hefu/procedures'
import { findAgreements } from '@hefu/protocol'
import { type RegionId, shanghaiDate } from '@hefu/reference'
import type { Context } from '../context.ts'
import { HefuError } from '../errors.ts'
import { fieldErrorsOf } from '../field-errors.ts'
import type { SubmitBody } from './submit-document.ts'
import { submitSchema } from './submit-schema.ts'

/** The versions of a procedure that a node runs, newest first: a case keeps the one that it began with (procedures.md section 1). */
export function versionsOf(procedures: readonly Procedure[], name: string): Procedure[] {
  return procedures.filter((one) => one.name === name).sort((a, b) => b.version - a.version)
}

/**
 * Under which version a case begins: the newest that the two regions have agreed on. A node may be upgraded before its federation, or its peer,
 * is. Where none is agreed, the newest: the agreement's own rule then says so.
 */
export function versionToOpen(
  ctx: Pick<Context, 'procedures' | 'federation' | 'region' | 'now'>,
  newest: Procedure,
  region: RegionId,
): Procedure {
  const versions = versionsOf(ctx.procedures, newest.name)
  if (versions.length < 2) return newest
  const [day, regions] = [shanghaiDate(ctx.now()), [ctx.region, region] as const]
  const isAgreed = ({ name, version }: Procedure) =>
    findAgreements(ctx.federation, { procedure: `${name}/${version}`, regions, day }).length > 0
  return versions.find(isAgreed) ?? newest
}

/** Throws HefuError when the body is one of another version than this: a route takes what any version takes. */
export function requireShape(ctx: Pick<Context, 'procedures'>, procedure: Procedure, document: string, body: SubmitBody): void {
  if (versionsOf(ctx.procedures, procedure.name).length < 2 || !Object.hasOwn(procedure.documents, document)) return
  const parsed = submitSchema(procedure, document).safeParse(body)
  if (!parsed.success) throw new HefuError('invalid-document', { errors: fieldErrorsOf(parsed.error, body) })
}
