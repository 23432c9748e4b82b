import type { Procedure, Register } from '@hefu/procedures'
import { versionsOf } from '../cases/versions.ts'
import type { Context } from '../context.ts'

/** What the rows of an import become: records of a register, or the starting documents of new cases. */
export type ImportTarget = { readonly register: Register } | { readonly procedure: Procedure }

type Definitions = Pick<Context, 'registers' | 'procedures'>

/** Names that an import may have as its target: the registers, and the procedures whose starting document may come in batches. */
export function importTargets(ctx: Definitions): string[] {
  return [
    ...new Set([
      ...ctx.registers.map((register) => register.name),
      ...ctx.procedures.filter(startsInBatches).map((procedure) => procedure.name),
    ]),
  ]
}

/** A procedure's newest version: an import opens new cases. */
export function importTarget(ctx: Definitions, name: string): ImportTarget | undefined {
  const register = ctx.registers.find((one) => one.name === name)
  if (register) return { register }
  const procedure = versionsOf(ctx.procedures, name).find(startsInBatches)
  return procedure && { procedure }
}

function startsInBatches(procedure: Procedure): boolean {
  return Object.values(procedure.documents).some((document) => document.starts && document.batch)
}

/** The scope without which nobody writes such rows. */
export function scopeOfTarget(target: ImportTarget): string {
  return 'register' in target ? 'registers:write' : `${target.procedure.name}:write`
}
