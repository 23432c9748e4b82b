import { randomBytes } from 'node:crypto'
import type { Procedure } from '@hefu/procedures'
import { type Agreement, regionOfAgency } from '@hefu/protocol'
import { type AgencyCode, mintCaseNumber, shanghaiDate } from '@hefu/reference'
import type { Caller, Context } from '../context.ts'
import type { CaseRow } from '../db/schema.ts'
import { HefuError } from '../errors.ts'
import { beforeReplay } from '../inbox/case-row.ts'
import type { LoadedCase } from './loaded-case.ts'
import type { Participant } from './participant.ts'
import { agreementToOpen } from './require-agreement.ts'
import type { SubmitBody } from './submit-document.ts'
import { versionToOpen } from './versions.ts'

type OpenContext = Pick<Context, 'region' | 'federation' | 'procedures' | 'vault' | 'now'>

/** A new case with its number, version, participants and agreement, still without a document and not stored. Throws HefuError. */
export function openCase(ctx: OpenContext, caller: Caller, newest: Procedure, body: SubmitBody): LoadedCase {
  const agency = body.from ?? caller.agency
  if (agency === null || agency !== caller.agency) throw new HefuError('agency-not-allowed')
  if (body.to === undefined) throw new HefuError('recipient-unknown')
  const region = regionOfAgency(ctx.federation, body.to as AgencyCode)
  if (region === undefined) throw new HefuError('recipient-unknown')
  if (region === ctx.region) throw new HefuError('recipient-own-region')
  const procedure = versionToOpen(ctx, newest, region)
  const agreement = agreementToOpen(ctx, procedure, { region, agencies: [agency, body.to], purpose: body.purpose, basis: body.basis })
  const [counterparty] = procedure.roles.counterparties
  if (!counterparty) throw new Error(`procedure ${procedure.name} has no counterparty`)
  const participants: [Participant, Participant] = [
    { region: ctx.region, role: procedure.roles.owner.role, agency },
    { region, role: counterparty.role, agency: body.to },
  ]
  return { row: newCase(ctx, procedure, participants, agreement), procedure, documents: [], isNew: true }
}

/** The first participant is the owner, this side. */
function newCase(ctx: OpenContext, procedure: Procedure, participants: readonly [Participant, Participant], agreement: Agreement): CaseRow {
  const caseNumber = mintCaseNumber(ctx.region, procedure.code, shanghaiDate(ctx.now()), randomBytes(7))
  return {
    case_number: caseNumber,
    procedure: procedure.name,
    version: procedure.version,
    owner: ctx.region,
    role: procedure.roles.owner.role,
    agency: participants[0].agency,
    participants,
    ...beforeReplay(ctx.vault, caseNumber, procedure, agreement, new Date(ctx.now())),
  }
}
