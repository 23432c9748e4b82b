import { documentTitle, type Replay, stateTitle, type Text } from '@hefu/procedures'
import { regionName } from '@hefu/reference'
import type { LoadedCase } from '../cases/loaded-case.ts'
import type { DocumentRow } from '../db/schema.ts'
import type { StoredAnswer } from './evidence-store.ts'

/** The case on half a page, for people; nothing of what the documents say. */
export function summarise(
  { row, procedure }: LoadedCase,
  replay: Replay,
  documents: readonly DocumentRow[],
  answers: ReadonlyMap<string, StoredAnswer>,
): Text {
  const state = stateTitle(procedure, replay.state)
  const lines = documents.map((document, at) => {
    const title = documentTitle(procedure, document.document)
    const [from, to] = [regionName(document.iss), regionName(document.aud)]
    const { standing } = replay.standings.get(document.digest) ?? { standing: 'waiting' as const }
    const answer = answerText(answers.get(document.digest))
    const issued = document.issued_at.toISOString()
    return {
      zh: `${at + 1}. ${title.zh}：${from.zh}致${to.zh}，${issued}，${answer.zh}，${standings[standing].zh}，摘要 ${document.digest}`,
      en: `${at + 1}. ${title.en}: ${from.en} to ${to.en}, ${issued}, ${answer.en}, ${standings[standing].en}, digest ${document.digest}`,
    }
  })
  const head = {
    zh: `办件 ${row.case_number}，${procedure.title.zh}，状态：${state.zh}，文书 ${documents.length} 份。`,
    en: `Case ${row.case_number}, ${procedure.title.en}, state: ${state.en}, ${documents.length} documents.`,
  }
  return { zh: [head.zh, ...lines.map(({ zh }) => zh)].join('\n'), en: [head.en, ...lines.map(({ en }) => en)].join('\n') }
}

const standings: Readonly<Record<'effective' | 'void' | 'waiting' | 'refused', Text>> = {
  effective: { zh: '生效', en: 'effective' },
  void: { zh: '无效', en: 'void' },
  waiting: { zh: '等待前序文书', en: 'waiting for one before it' },
  refused: { zh: '被拒收', en: 'refused' },
}

function answerText(answer: StoredAnswer | undefined): Text {
  if (answer === undefined) return { zh: '尚无回执', en: 'no receipt yet' }
  return answer.status === 'accepted'
    ? { zh: '已签收', en: 'receipted' }
    : { zh: `拒收（${answer.reason ?? ''}）`, en: `refused by receipt (${answer.reason ?? ''})` }
}
