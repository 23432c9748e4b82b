import { documentDefinition, type Procedure, refusalReason, type Standing, stateTitle, type Text } from '@hefu/procedures'
import type { Caller, Context } from '../context.ts'
import type { DocumentRow } from '../db/schema.ts'
import { readEvents } from './projection-store.ts'
import { readLoadedCase } from './read-case.ts'

export interface TimelineItem {
  readonly at: string
  readonly kind: string
  readonly digest: string | null
  readonly document: string | null
  readonly by: string | null
  readonly title: Text
}

/** What happened to a case as this node saw it: documents written and received, receipts, consequences, documents never sent. */
export async function readTimeline(
  ctx: Pick<Context, 'db' | 'procedures' | 'vault'>,
  caller: Caller,
  caseNumber: string,
): Promise<{ items: TimelineItem[] }> {
  const loaded = await readLoadedCase(ctx, caller, null, caseNumber)
  const events = await readEvents(ctx.db, caseNumber)
  const items = [
    ...loaded.documents.flatMap((row) => documentItems(loaded.procedure, row)),
    ...events.map((event): TimelineItem => {
      const row = loaded.documents.find((d) => d.digest === event.digest)
      return {
        at: event.at.toISOString(),
        kind: event.type,
        digest: event.digest,
        document: row?.document ?? null,
        by: row?.iss ?? null,
        title: eventTitle(loaded.procedure, event.type),
      }
    }),
  ]
  return { items: items.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)) }
}

function documentItems(procedure: Procedure, row: DocumentRow): TimelineItem[] {
  const title = documentDefinition(procedure, row.document)?.title ?? unknownDocument
  const item = (at: Date, kind: string, zh: string, en: string): TimelineItem => ({
    at: at.toISOString(),
    kind,
    digest: row.digest,
    document: row.document,
    by: row.iss,
    title: { zh: `“${title.zh}”${zh}`, en: `${title.en} ${en}` },
  })
  const issued = item(row.issued_at, 'document.issued', '发出', 'issued')
  if (row.status === 'cancelled') {
    const [zh, en] = ['未发送：其前序文书被对方拒收', 'was never sent: the peer refused a document before it']
    return [issued, item(row.stored_at, 'document.not-sent', zh, en)]
  }
  if (!row.received_at) return [issued]
  if (row.status !== 'refused') return [issued, item(row.received_at, 'document.received', '已签收', 'received')]
  const { zh, en } = refusalReason(row.refusal ?? '')
  return [issued, item(row.received_at, 'document.refused', `被拒收：${zh}`, `refused by the receiver: ${en}`)]
}

/** A peer may name a kind that no procedure has: its message is refused, and is shown as refused. */
const unknownDocument: Text = { zh: '未知种类的文书', en: 'document of an unknown kind' }

const standingTitles: Readonly<Record<Standing['standing'], Text>> = {
  effective: { zh: '文书生效', en: 'document takes effect' },
  void: { zh: '文书无效', en: 'document is void' },
  waiting: { zh: '文书等待前序文书', en: 'document waits for one before it' },
  refused: { zh: '文书被拒收', en: 'document refused' },
}

/** Of `case.<state>` and `document.<standing>`. */
function eventTitle(procedure: Procedure, type: string): Text {
  const [subject, what = ''] = type.split('.')
  if (subject === 'document') return standingTitles[what as Standing['standing']]
  const title = stateTitle(procedure, what)
  return { zh: `办件状态：${title.zh}`, en: `case is ${title.en}` }
}
