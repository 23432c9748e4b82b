import { addWorkingDays, shanghaiDate } from '@hefu/reference'
import type { CaseDocument, CaseView, Deadline, DeadlineRule, Procedure } from './procedure.ts'

/**
 * The deadlines that run now. Each holder is whoever has the ball: when nobody has it, nothing is due.
 * The rows for the pair of regions replace the rows for any pair once one of them is law on the date on which its clock starts.
 * While the receipt is not known the date of issue picks the row, and `from` and `due` stay null.
 */
export function deadlinesOf(procedure: Procedure, view: CaseView, final: boolean, holder: string | null): readonly Deadline[] {
  if (holder === null || view.state === null) return []
  const started = procedure.deadlines
    .filter((rule) => rule.version === view.facts.deadlineRules && isForPair(rule, view))
    .map((rule) => ({ rule, start: startOf(rule, view) }))
    .filter(({ rule, start }) => start !== null && isLaw(rule, start.lawOn))
  const special = started.filter(({ rule }) => rule.pair !== 'any')
  return (special.length > 0 ? special : started)
    .filter(({ rule }) => runsNow(rule, view, final))
    .map(({ rule, start }) => deadline(rule, holder, start?.from ?? null))
}

interface Start {
  /** Date of receipt or issue; null while the receipt is not known. */
  readonly from: Day | null
  /** Date that decides which row is law. */
  readonly lawOn: string
}

type Day = Parameters<typeof addWorkingDays>[0]

function deadline(rule: DeadlineRule, holder: string, from: Day | null): Deadline {
  const counted = from === null ? null : addWorkingDays(from, rule.workingDays)
  return {
    rule: rule.rule,
    version: rule.version,
    holder,
    from,
    due: counted?.due ?? null,
    provisional: counted?.provisional ?? false,
  }
}

function startOf(rule: DeadlineRule, view: CaseView): Start | null {
  const document = startDocument(rule, view)
  if (document === undefined) return null
  const issuedOn = shanghaiDate(document.issuedAt * 1000)
  if (rule.start.event === 'issued') return { from: issuedOn, lawOn: issuedOn }
  const receivedAt = view.facts.receivedAt.get(document.digest)
  if (receivedAt === undefined) return { from: null, lawOn: issuedOn }
  const receivedOn = shanghaiDate(receivedAt * 1000)
  return { from: receivedOn, lawOn: receivedOn }
}

function startDocument(rule: DeadlineRule, view: CaseView): CaseDocument | undefined {
  const { documents } = rule.start
  return typeof documents === 'function' ? documents(view) : view.latest(...documents)
}

function isForPair(rule: DeadlineRule, view: CaseView): boolean {
  if (rule.pair === 'any') return true
  const [one, other] = rule.pair
  const owner = view.facts.owner.slice(0, 2)
  return view.facts.counterparties.some((region) => {
    const counterparty = region.slice(0, 2)
    return (owner === one && counterparty === other) || (owner === other && counterparty === one)
  })
}

function isLaw(rule: DeadlineRule, date: string): boolean {
  return (rule.from === null || rule.from <= date) && (rule.to === null || date < rule.to)
}

function runsNow(rule: DeadlineRule, view: CaseView, final: boolean): boolean {
  if (rule.scope === 'case' ? final : !rule.scope.states.includes(view.state as string)) return false
  return rule.when === undefined || rule.when(view)
}
