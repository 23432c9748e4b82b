import { type DocumentDefinition, type MaskExtent, maskData } from '@hefu/procedures'
import { type CaseNumber, caseNumberParts } from '@hefu/reference'
import type { Caller, Context } from '../context.ts'

/** How much of an answer its reader may see: all of it unmasked, or all but sensitive fields, or nothing personal. */
export type Sight = 'all' | 'not-sensitive' | 'masked'

type Masks = Pick<Context, 'procedures' | 'registers'>

export function sightOf({ scopes }: Pick<Caller, 'scopes'>, hasPurpose: boolean): Sight {
  if (!hasPurpose) return 'masked'
  return scopes.has('sensitive') ? 'all' : 'not-sensitive'
}

/** Data of a document as it may be shown. What no procedure here describes is not shown at all. */
export function shownDocument({ procedures }: Masks, sight: Sight, caseNumber: string, document: string, data: unknown): unknown {
  if (sight === 'all' || data === null) return data
  const { code } = caseNumberParts(caseNumber as CaseNumber)
  const definitions = procedures.flatMap((procedure) => (procedure.code === code ? (procedure.documents[document] ?? []) : []))
  return definitions.length === 0
    ? null
    : definitions.reduce<unknown>((shown, definition) => maskData(definition.schema, shown, extentOf(sight, definition)), data)
}

function extentOf(sight: Sight, { privacy }: Pick<DocumentDefinition, 'privacy'>): MaskExtent {
  return sight === 'masked' || privacy === 'sensitive' ? 'personal' : 'sensitive'
}

export function shownRecord({ registers }: Masks, sight: Sight, register: string, data: unknown): unknown {
  const schema = registers.find(({ name }) => name === register)?.schema
  return sight === 'all' ? data : schema === undefined ? null : maskData(schema, data, sight === 'masked' ? 'personal' : 'sensitive')
}

/** What a case of this procedure entered in a register. */
export function shownEntry({ procedures }: Masks, sight: Sight, register: string, procedure: string, data: unknown): unknown {
  if (sight === 'all') return data
  const schemas = procedures.flatMap(({ name, entries }) => (name === procedure ? (entries?.[register] ?? []) : []))
  const extent = sight === 'masked' ? 'personal' : 'sensitive'
  return schemas.length === 0 ? null : schemas.reduce<unknown>((shown, schema) => maskData(schema, shown, extent), data)
}
