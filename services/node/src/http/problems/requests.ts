import type { ProblemsOf } from './problem-entry.ts'

/** Of how a request is written. */
export const requestsProblems = {
  'malformed-json': {
    status: 400,
    title: { zh: '请求体不是严格的 JSON', en: 'Body is not strict JSON' },
    detail: {
      zh: '请发送 UTF-8 编码的严格 JSON：无重复成员、无 U+0000、无孤立代理项、嵌套不超过 32 层、整数不超过 2^53。',
      en: 'Send strict JSON in UTF-8: no duplicate members, no U+0000, no lone surrogates, depth at most 32, no integers beyond 2^53.',
    },
  },
  'malformed-request': {
    status: 400,
    title: { zh: '请求格式不正确', en: 'Malformed request' },
    detail: { zh: '请按 /docs 中的说明检查路径、查询参数和请求头。', en: 'Check the path, the query and the headers against /docs.' },
  },
  'invalid-document': {
    status: 422,
    title: { zh: '请求体不符合规定的结构', en: 'Body does not match the schema' },
    detail: { zh: '请按 errors 中的位置逐项更正后重新提交。', en: 'Correct each place listed in "errors" and send it again.' },
  },
  'idempotency-key-missing': {
    status: 400,
    title: { zh: '缺少 Idempotency-Key 请求头', en: 'Idempotency-Key is missing' },
    detail: {
      zh: '每次新建都需要 Idempotency-Key：1–255 个可见 ASCII 字符，例如 UUID；重试时使用相同的值。',
      en: 'Every POST that creates needs an Idempotency-Key of 1 to 255 visible ASCII characters, such as a UUID; a retry repeats it.',
    },
  },
  'idempotency-key-reused': {
    status: 422,
    title: { zh: 'Idempotency-Key 已用于其他请求', en: 'Idempotency-Key was used for another request' },
    detail: { zh: '请为不同的请求使用新的 Idempotency-Key。', en: 'Use a new Idempotency-Key for a different request.' },
  },
  'idempotency-key-busy': {
    status: 409,
    title: { zh: '相同 Idempotency-Key 的请求正在处理', en: 'The same request is still running' },
    detail: { zh: '请稍后以相同的 Idempotency-Key 重试。', en: 'Retry shortly with the same Idempotency-Key.' },
  },
  'too-large': {
    status: 413,
    title: { zh: '请求体过大', en: 'Body is too large' },
    detail: {
      zh: '文书签名后不超过 256 KiB（约 190 KiB 的 JSON），其他 JSON 请求体不超过 1 MiB；请缩短或拆分。',
      en: 'A document is at most 256 KiB once it is signed (about 190 KiB of JSON), any other JSON body at most 1 MiB: shorten or split it.',
    },
  },
  'media-type': {
    status: 415,
    title: { zh: '不支持的内容类型或编码', en: 'Unsupported content type or encoding' },
    detail: {
      zh: '请使用 /docs 中说明的 Content-Type，且不要使用 Content-Encoding。',
      en: 'Use the Content-Type named in /docs, and no Content-Encoding.',
    },
  },
  'cursor-invalid': {
    status: 400,
    title: { zh: '游标无效', en: 'Cursor is not valid' },
    detail: {
      zh: '游标只能与产生它的筛选条件一起使用；请从第一页重新开始。',
      en: 'A cursor belongs to the filter it came from: start again at the first page.',
    },
  },
  unverifiable: {
    status: 400,
    title: { zh: '报文无法验证', en: 'Messages cannot be verified' },
    detail: {
      zh: '没有一份报文通过文本、密钥和签名检查；未保存任何内容。',
      en: 'No message passed the checks of text, key and signature; nothing was kept.',
    },
  },
  'too-slow': {
    status: 408,
    title: { zh: '请求发送过慢', en: 'The request came too slowly' },
    detail: {
      zh: '请求头须在 10 秒内、整个请求须在 60 秒内送达；请检查网络后重试。',
      en: 'Headers must arrive within 10 seconds and the whole request within 60: check the network and retry.',
    },
  },
  'headers-too-large': {
    status: 431,
    title: { zh: '请求头过大', en: 'Headers are too large' },
    detail: {
      zh: '全部请求头不得超过 16 KiB；请去掉不需要的请求头。',
      en: 'All headers together are at most 16 KiB: leave out those that nobody needs.',
    },
  },
} satisfies ProblemsOf
