import type { Procedure } from '@hefu/procedures'
import { findAgreements } from '@hefu/protocol'
import { type RegionId, shanghaiDate } from '@hefu/reference'
import type { Context } from '../context.ts'
import { HefuError } from '../errors.ts'
import { fieldErrorsOf } from '../field-errors.ts'
import { readVersionsHeld } from './case-store.ts'
import type { SubmitBody } from './submit-document.ts'
import { submitSchema } from './submit-schema.ts'

/** The versions of a procedure that a node runs, newest first: a case keeps the one that it began with (procedures.md section 1). */
export function versionsOf(procedures: readonly Procedure[], name: string): Procedure[] {
  return procedures.filter((one) => one.name === name).sort((a, b) => b.version - a.version)
}

/** The node holds cases of versions that it does not know: it could neither list them nor end their retention. */
export class VersionMissingError extends Error {
  readonly code = 'version-missing'
  /** As `name/version`. */
  readonly versions: readonly string[]

  constructor(versions: readonly string[]) {
    super(`there are cases of procedures that this software does not know: ${versions.join(', ')}`)
    this.name = 'VersionMissingError'
    this.versions = versions
  }
}

/** Throws VersionMissingError. */
export async function requireVersionsHeld({ db, procedures }: Pick<Context, 'db' | 'procedures'>): Promise<void> {
  const held = await readVersionsHeld(db)
  const missing = held.filter((one) => !procedures.some(({ name, version }) => name === one.procedure && version === one.version))
  if (missing.length > 0) throw new VersionMissingError(missing.map(({ procedure, version }) => `${procedure}/${version}`))
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
