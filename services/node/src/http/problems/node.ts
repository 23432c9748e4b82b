import type { ProblemsOf } from './problem-entry.ts'

/** Of the state that the node is in. */
export const nodeProblems = {
  unavailable: {
    status: 503,
    title: { zh: '服务暂不可用', en: 'Not available now' },
    detail: { zh: '未保存任何内容；请稍后重试。', en: 'Nothing was stored: retry later.' },
  },
  'log-unavailable': {
    status: 503,
    title: { zh: '交换日志暂不可用', en: 'The exchange log is not available now' },
    detail: {
      zh: '没有日志就没有操作：记录长时间未能写入交换日志。未保存任何内容；请按 Retry-After 重试，并请运维人员查看 /readyz。',
      en: 'No log, no action: entries have waited too long for the exchange log. Nothing was stored: retry after the time in Retry-After; operators see /readyz.',
    },
  },
  'log-sealed': {
    status: 503,
    title: { zh: '交换日志已封存', en: 'The exchange log is sealed' },
    detail: {
      zh: '见证方掌握的历史与本节点不符；在运维人员开启后继日志之前，仅审计员可读。未保存任何内容。',
      en: 'A witness knows another history than this node: until an operator opens a successor log, only auditors read. Nothing was stored.',
    },
  },
  'registry-expired': {
    status: 503,
    title: { zh: '联合体注册表已到期', en: 'The registry has ended' },
    detail: {
      zh: '注册表到期后不再开立新办件，在办件再办 14 天；请运维人员取得联合体签发的新注册表，然后重试。',
      en: 'After its end no new cases begin, and open ones go on for 14 days: an operator gets the new registry of the federation; then try again.',
    },
  },
  'too-many-requests': {
    status: 429,
    title: { zh: '请求过于频繁', en: 'Too many requests' },
    detail: {
      zh: '未处理此请求；请按 Retry-After 等待后重试。RateLimit 响应头说明剩余次数；大批量请使用 /v1/imports。',
      en: 'This request was not processed: retry after the time in Retry-After. The RateLimit header says what is left; large batches belong in /v1/imports.',
    },
  },
  overloaded: {
    status: 503,
    title: { zh: '节点繁忙', en: 'The node is overloaded' },
    detail: {
      zh: '为保证已受理的请求，节点拒绝了此请求；未保存任何内容，请按 Retry-After 重试。',
      en: 'So that what it has taken on is answered, the node turned this request away: nothing was stored, retry after the time in Retry-After.',
    },
  },
  internal: {
    status: 500,
    title: { zh: '内部错误', en: 'Internal error' },
    detail: {
      zh: '请稍后重试；如仍失败，请将 traceId 告知运维人员。',
      en: 'Retry later; if it fails again, give the traceId to the operators.',
    },
  },
} satisfies ProblemsOf
