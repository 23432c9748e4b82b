import type { Finding } from '../engine/procedure.ts'
import type { InformationForm, Segment } from './documents.ts'
import { finding } from './findings.ts'
import { monthsIn, spansOverlap } from './months.ts'

/** Rows, segments and periods: in order, inside each other, without overlap, and adding up. All insurance types. */
export function checkPeriods(form: InformationForm): Finding[] {
  return [...checkSpans(form), ...checkRows(form), ...checkSegments(form), ...checkMonths(form)]
}

/** Every segment with its JSON pointer. */
export function placedSegments(form: Pick<InformationForm, 'rows'>): { segment: Segment; year: number; pointer: string }[] {
  return form.rows.flatMap((row, at) =>
    row.segments.map((segment, index) => ({ segment, year: row.year, pointer: `/rows/${at}/segments/${index}` })),
  )
}

function checkSpans(form: InformationForm): Finding[] {
  const spans = [
    { span: form.local, pointer: '/local' },
    ...form.excludedPeriods.map((span, at) => ({ span, pointer: `/excludedPeriods/${at}` })),
    ...placedSegments(form).map(({ segment, pointer }) => ({ span: segment, pointer })),
  ]
  return spans.filter(({ span }) => span.from > span.to).map(({ pointer }) => finding('span-reversed', pointer))
}

function checkRows(form: InformationForm): Finding[] {
  return form.rows.flatMap((row, at) => {
    const before = form.rows[at - 1]
    return before !== undefined && before.year >= row.year ? [finding('row-order', `/rows/${at}/year`)] : []
  })
}

function checkSegments(form: InformationForm): Finding[] {
  const placed = placedSegments(form)
  return placed.flatMap(({ segment, year, pointer }, at) => {
    const found: Finding[] = []
    const inYear = Number(segment.from.slice(0, 4)) === year && Number(segment.to.slice(0, 4)) === year
    if (!inYear) found.push(finding('segment-outside-year', pointer))
    if (segment.from < form.local.from || segment.to > form.local.to) found.push(finding('segment-outside-period', pointer))
    if (placed.slice(0, at).some((other) => spansOverlap(other.segment, segment))) found.push(finding('segment-overlap', pointer))
    if (form.excludedPeriods.some((period) => spansOverlap(period, segment))) found.push(finding('segment-excluded', pointer))
    if (segment.from <= segment.to && segment.months > monthsIn(segment)) found.push(finding('span-months', `${pointer}/months`))
    return found
  })
}

function checkMonths(form: InformationForm): Finding[] {
  const sum = placedSegments(form).reduce((months, { segment }) => months + segment.months, 0)
  return sum === form.local.months ? [] : [finding('months-sum', '/local/months')]
}
