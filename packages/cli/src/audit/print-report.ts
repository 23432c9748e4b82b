import { type Language, say, type Text } from '../language.ts'
import type { Finding } from './finding.ts'
import type { MatchReport } from './match-exports.ts'
import { plainText } from './plain-text.ts'
import type { EvidenceReport } from './verify-evidence.ts'
import type { PreviousLog, VerifyReport } from './verify-report.ts'

/** Reports for people; the texts say what the codes of `--json` mean. */
export function printVerify(report: VerifyReport, language: Language): string {
  const { region, origin, size, examined, proven, quorumAt, receipts } = report
  const signatures: Text = report.receiptSignatures
    ? { zh: `回执 ${receipts} 份，签名已核验`, en: `${receipts} receipts, signatures verified` }
    : { zh: `回执 ${receipts} 份，签名未核验（需 --federation）`, en: `${receipts} receipts, signatures not verified (needs --federation)` }
  return [
    say(
      {
        zh: `区域 ${region}，日志 ${origin}：条目 ${size}，核验内容 ${examined}，已获足数联署 ${proven}（${quorumAt ?? '无'}）`,
        en: `region ${region}, log ${origin}: ${size} entries, ${examined} examined, ${proven} proven by a quorum (${quorumAt ?? 'none'})`,
      },
      language,
    ),
    say(signatures, language),
    ...[report.previous ?? [], report.earlier].flat().map((log) => printPrevious(log, language)),
    ...printFindings(report, language),
  ].join('')
}

function printPrevious({ origin, epoch, size }: PreviousLog, language: Language): string {
  return say(
    { zh: `接续旧日志 ${origin}（第 ${epoch} 期），条目 ${size}`, en: `succeeds ${origin} (epoch ${epoch}), ${size} entries` },
    language,
  )
}

export function printMatch(report: MatchReport, language: Language): string {
  const days = report.days.map(({ day, from, to, procedure, ...n }) => {
    const counts = {
      zh: `发 ${n.sent}，吻合 ${n.matched}，迟 ${n.late}，缺 ${n.missing}，不同 ${n.differing}，未记发出 ${n.unsent}`,
      en: `sent ${n.sent}, matched ${n.matched}, late ${n.late}, missing ${n.missing}, differing ${n.differing}, not logged as sent ${n.unsent}`,
    }
    const line = `${day} ${from}→${to} ${procedure}`
    return say({ zh: `${line}：${counts.zh}`, en: `${line}: ${counts.en}` }, language)
  })
  const halves = report.halves.map(({ region, size, ...half }) => {
    const origin = plainText(half.origin)
    return say({ zh: `区域 ${region}，日志 ${origin}：条目 ${size}`, en: `region ${region}, log ${origin}: ${size} entries` }, language)
  })
  return [...halves, ...days, ...printFindings(report, language)].join('')
}

export function printEvidence(report: EvidenceReport, language: Language): string {
  const documents = report.documents.map(({ digest, document, iss, aud, status, provenBy, witnessedAt }) => {
    const line = `${iss}→${aud} ${document ?? '—'} ${digest} ${status}`
    const logs = provenBy.join(' + ') || '—'
    return say(
      { zh: `${line}；证明：${logs}；见证：${witnessedAt ?? '—'}`, en: `${line}; proven by: ${logs}; witnessed: ${witnessedAt ?? '—'}` },
      language,
    )
  })
  const asked = (report.contentRequests ?? []).map(({ act, by, to, outcome, at, provenBy }) => {
    const line = `${by}→${to} ${act} → ${outcome ?? '—'} ${at ?? ''}`.trimEnd()
    const logs = provenBy.join(' + ') || '—'
    return say({ zh: `${line}；证明：${logs}`, en: `${line}; proven by: ${logs}` }, language)
  })
  const head = { zh: `办件 ${report.case}，证据包由 ${report.madeBy} 制作`, en: `case ${report.case}, package made by ${report.madeBy}` }
  return [say(head, language), ...documents, ...asked, ...printFindings(report, language), say(limits, language)].join('')
}

/** What a package cannot show, said where a clerk reads that it was verified. */
const limits = {
  zh: '办件摘要的文字未经核验；证据包也不能证明此后没有别的文书，请用 match 核对两地日志。',
  en: 'The summary in words was not checked, and a package cannot show that no later document exists: match the two logs for that.',
}

interface Judged {
  readonly ok: boolean
  readonly findings: readonly Finding[]
  readonly notes: readonly Finding[]
  readonly omitted: Readonly<Partial<Record<string, number>>>
}

function printFindings({ ok, findings, notes, omitted }: Judged, language: Language): string[] {
  const more = Object.entries(omitted).map(([code, n]) =>
    say({ zh: `${code}：另有 ${n} 项未列出`, en: `${code}: ${n} more not listed` }, language),
  )
  const verdict = ok
    ? { zh: '核验通过，没有发现问题。', en: 'Verified: no findings.' }
    : { zh: `发现 ${findings.length} 项问题。`, en: `${findings.length} findings.` }
  return [...notes, ...findings].map((finding) => printFinding(finding, language)).concat(more, say(verdict, language))
}

function printFinding({ severity, code, index, zh, en, ...seen }: Finding, language: Language): string {
  const [subject, expected, found] = [seen.subject ?? '', seen.expected, seen.found].map(plainText)
  const place = [code, ...(index === undefined ? [] : [`#${index}`]), ...(subject === '' ? [] : [subject])].join(' ')
  const seenText = textOfSeen(expected, found)
  return say({ zh: `[${severity}] ${place}：${zh}${seenText.zh}`, en: `[${severity}] ${place}: ${en}${seenText.en}` }, language)
}

/** Where nothing is expected there is nothing to say of it. */
function textOfSeen(expected: string | undefined, found: string | undefined): Text {
  if (expected !== NOTHING) return { zh: `（应为 ${expected}，实为 ${found}）`, en: ` (expected ${expected}, found ${found})` }
  return found === NOTHING ? { zh: '', en: '' } : { zh: `（实为 ${found}）`, en: ` (found ${found})` }
}

const NOTHING = '—'
