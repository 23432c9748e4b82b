import type { Lookup, Register } from '@hefu/procedures'
import { requireRole } from '../access/require-role.ts'
import type { Caller, Context } from '../context.ts'
import { HefuError } from '../errors.ts'
import type { RecordToWrite } from './register-store.ts'

/** The agency whose registers and imports the caller works on; throws role-not-allowed for everybody but officers. */
export function officerAgency(caller: Caller): string {
  requireRole(caller, ['officer'])
  if (caller.agency === null) throw new HefuError('agency-not-allowed')
  return caller.agency
}

/** Throws not-found when this node keeps no such register. */
export function registerNamed(ctx: Pick<Context, 'registers'>, name: string): Register {
  const register = ctx.registers.find((one) => one.name === name)
  if (!register) throw new HefuError('not-found')
  return register
}

/** How a record of this register, already parsed by its schema, is stored: under its first look-up, which is its own id. */
export function recordOf({ vault }: Pick<Context, 'vault'>, register: Register, data: unknown): RecordToWrite {
  const lookupKeys = lookupsOf(register, data).map(({ kind, value }) => vault.lookupKey(kind, value))
  return { key: lookupKeys[0] as string, data, lookupKeys }
}

/** The member that names the record in the URL. */
export function idOf(register: Register, data: unknown): string {
  return String((data as Record<string, unknown>)[register.id])
}

/** The key under which the record with this id is stored. The kind of its first look-up is the same for every record of the register: its example tells. */
export function keyOfId({ vault }: Pick<Context, 'vault'>, register: Register, id: string): string {
  const example = register.examples[0]?.data
  return vault.lookupKey(lookupsOf(register, example)[0]?.kind as string, id)
}

/** The register's own schema has accepted the data: that is what its `lookups` asks for. */
function lookupsOf(register: Register, data: unknown): readonly Lookup[] {
  return register.lookups(data as never)
}
