import type { Text } from '@hefu/procedures'
import type { Caller, Context } from '../context.ts'
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
  ctx: Pick<Context, 'db' | 'procedures'>,
  caller: Caller,
  caseNumber: string,
): Promise<{ items: TimelineItem[] }> {
  const loaded = await readLoadedCase(ctx, caller, null, caseNumber)
  const events = await ctx.db
    .selectFrom('events')
    .select(['id', 'type', 'digest', 'at'])
    .where('case_number', '=', caseNumber)
    .orderBy('id')
    .execute()
  const items: TimelineItem[] = []
  for (const row of loaded.documents) {
    const title = loaded.procedure.documents[row.document]?.title ?? { zh: row.document, en: row.document }
    const common = { digest: row.digest, document: row.document, by: row.iss }
    items.push({
      at: row.issued_at.toISOString(),
      kind: 'document.issued',
      ...common,
      title: { zh: `发出“${title.zh}”`, en: `${title.en} issued` },
    })
    if (row.status === 'cancelled') {
      items.push({
        at: row.stored_at.toISOString(),
        kind: 'document.not-sent',
        ...common,
        title: { zh: `“${title.zh}”未发送：其前序文书被对方拒收`, en: `${title.en} was never sent: the peer refused a document before it` },
      })
    } else if (row.received_at) {
      const refused = row.status === 'refused'
      items.push({
        at: row.received_at.toISOString(),
        kind: refused ? 'document.refused' : 'document.received',
        ...common,
        title: refused
          ? { zh: `“${title.zh}”被拒收`, en: `${title.en} refused by the receiver` }
          : { zh: `“${title.zh}”已签收`, en: `${title.en} received` },
      })
    }
  }
  for (const event of events) {
    const row = loaded.documents.find((d) => d.digest === event.digest)
    items.push({
      at: event.at.toISOString(),
      kind: event.type,
      digest: event.digest,
      document: row?.document ?? null,
      by: row?.iss ?? null,
      title: eventTitle(loaded.procedure, event.type),
    })
  }
  return { items: items.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)) }
}

function eventTitle(procedure: { states: Readonly<Record<string, { title: Text }>> }, type: string): Text {
  const [subject, what = ''] = type.split('.')
  if (subject === 'case') {
    const title = procedure.states[what]?.title ?? { zh: what, en: what }
    return { zh: `办件状态：${title.zh}`, en: `case is ${title.en}` }
  }
  const standings: Record<string, Text> = {
    effective: { zh: '文书生效', en: 'document takes effect' },
    void: { zh: '文书无效', en: 'document is void' },
    waiting: { zh: '文书等待前序文书', en: 'document waits for one before it' },
    refused: { zh: '文书被拒收', en: 'document refused' },
  }
  return standings[what] ?? { zh: type, en: type }
}
