import type { ErrorCode } from '@hefu/exchange'
import type { Text } from '@hefu/procedures'

export interface ProblemEntry {
  readonly status: number
  readonly title: Text
  /** What to do; a thrown error may say more exactly. */
  readonly detail: Text
}

/** Every error code of the local and the exchange API with its status and texts. A new code does not compile without an entry. */
export const problems: Record<ErrorCode, ProblemEntry> = {
  unauthenticated: {
    status: 401,
    title: { zh: '未认证', en: 'Not authenticated' },
    detail: {
      zh: '请在 Authorization 请求头中给出有效凭据：本地接口用 Bearer 令牌，对端节点用签名请求。',
      en: 'Send valid credentials in the Authorization header: a bearer token to the local API, a signed request to a peer.',
    },
  },
  'role-not-allowed': {
    status: 403,
    title: { zh: '角色无权执行此操作', en: 'Role not allowed' },
    detail: { zh: '请使用具备所需角色的客户端令牌。', en: 'Use the token of a client with the required role.' },
  },
  'scope-not-allowed': {
    status: 403,
    title: { zh: '权限范围不足', en: 'Scope not allowed' },
    detail: {
      zh: '请使用具备所需权限范围（scope）的令牌。',
      en: 'Use a token with the required scope.',
    },
  },
  'four-eyes': {
    status: 403,
    title: { zh: '须由另一名安全管理员复核', en: 'A second administrator must approve' },
    detail: {
      zh: '规则：任何人不得批准自己的请求；请由另一名安全管理员批准。',
      en: 'Rule: nobody approves their own request; another security administrator does.',
    },
  },
  'actor-invalid': {
    status: 400,
    title: { zh: 'Hefu-Actor 无效', en: 'Hefu-Actor is not valid' },
    detail: {
      zh: '请给出本单位的工号：1–64 个字母、数字或 . _ -；不得为身份证件号码。',
      en: "Send the bureau's own staff number: 1 to 64 letters, digits or . _ -, and no identity number.",
    },
  },
  'agency-not-allowed': {
    status: 403,
    title: { zh: '机构无权执行此操作', en: 'Agency not allowed' },
    detail: {
      zh: '只能以令牌所属机构的名义操作；请检查 from，或使用该机构的令牌。',
      en: 'A client acts only for its own agency: check "from", or use a token of that agency.',
    },
  },
  'agreement-missing': {
    status: 403,
    title: { zh: '没有适用的共享协议', en: 'No agreement covers this' },
    detail: {
      zh: '联合体中没有涵盖这些区域和此业务流程的共享协议；请联系联合体管理方。',
      en: 'The federation has no agreement for this procedure between these regions; ask those who administer the federation.',
    },
  },
  'purpose-not-agreed': {
    status: 403,
    title: { zh: '共享协议不含此用途', en: 'Purpose not agreed' },
    detail: {
      zh: '请使用共享协议列出的用途代码（purpose），见 GET /v1/agreements。',
      en: 'Use a purpose that the agreement lists: GET /v1/agreements.',
    },
  },
  'agreement-not-in-force': {
    status: 403,
    title: { zh: '共享协议不在有效期内', en: 'The agreement is not in force' },
    detail: {
      zh: '适用的共享协议尚未生效或已到期，不能开立新办件；已开立的办件照常办理。见 /v1/agreements。',
      en: 'The agreement that covers this has not begun or has ended: no new case begins under it, open ones go on. See /v1/agreements.',
    },
  },
  'direction-not-agreed': {
    status: 403,
    title: { zh: '共享协议不含此方向', en: 'Direction not agreed' },
    detail: {
      zh: '共享协议不允许本区域向该区域开立此类办件。见 /v1/agreements。',
      en: 'The agreement does not let this region open such a case towards that one. See /v1/agreements.',
    },
  },
  'agency-not-agreed': {
    status: 403,
    title: { zh: '机构未参与共享协议', en: 'Agency not agreed' },
    detail: {
      zh: '发出或接收机构不在共享协议列出的机构之中；请检查 from 和 to。见 /v1/agreements。',
      en: 'The sending or the receiving agency takes no part in the agreement: check "from" and "to". See /v1/agreements.',
    },
  },
  'basis-not-agreed': {
    status: 403,
    title: { zh: '共享协议不含此法律依据', en: 'Legal basis not agreed' },
    detail: {
      zh: '请使用共享协议列出的法律依据（basis），逐字一致。',
      en: 'Use a legal basis ("basis") that the agreement lists, word for word.',
    },
  },
  'field-not-agreed': {
    status: 422,
    title: { zh: '含有共享协议不允许传送的内容', en: 'Fields that are not agreed' },
    detail: {
      zh: '请删除 errors 所列各项；未保存、未发送任何内容。',
      en: 'Leave out what "errors" names. Nothing was stored or sent.',
    },
  },
  'agreement-ended': {
    status: 403,
    title: { zh: '共享协议已终止', en: 'The agreement has ended' },
    detail: {
      zh: '规则：办件已办结，其共享协议终止已逾 30 天，不再显示个人信息；不带 Hefu-Purpose 时可查看脱敏内容。',
      en: 'Rule: the case is final and its agreement ended more than 30 days ago, so personal data is no longer shown; without Hefu-Purpose it is shown masked.',
    },
  },
  'affair-unknown': {
    status: 403,
    title: { zh: '办件编号不属于本机构', en: 'Not a case of this agency' },
    detail: {
      zh: '规则：Hefu-Affair 为办件编号时，须为本机构的办件；请检查编号。',
      en: "Rule: a case number in Hefu-Affair must be that of a case of the caller's agency. Check the number.",
    },
  },
  'affair-invalid': {
    status: 400,
    title: { zh: 'Hefu-Affair 请求头无效', en: 'Hefu-Affair is not valid' },
    detail: {
      zh: '规则：Hefu-Affair 为办件编号，或本单位的事项编号：1–64 个字母、数字、“.”、“_”、“-”，不得与身份证件号码形式相同。',
      en: "Rule: Hefu-Affair is a case number, or the bureau's own number of an affair: 1 to 64 letters, digits, '.', '_', '-', never shaped like an identity number.",
    },
  },
  'not-found': {
    status: 404,
    title: { zh: '未找到', en: 'Not found' },
    detail: {
      zh: '此地址下没有资源，或令牌所属机构无权知悉；请检查路径和编号。',
      en: "There is nothing at this address, or nothing that this token's agency may know of: check the path and the number.",
    },
  },
  erased: {
    status: 410,
    title: { zh: '内容已删除', en: 'Content erased' },
    detail: {
      zh: '保存期限届满，内容已不可恢复地删除；办件的状态、日期、摘要、回执和证明仍在，并仍可核验。',
      en: 'Its retention has ended and the content is gone for good. State, dates, digests, receipts and proofs of the case stay and still verify.',
    },
  },
  blocked: {
    status: 403,
    title: { zh: '内容已停止使用', en: 'Content is blocked' },
    detail: {
      zh: '保存期限届满，内容不再查阅或使用，等待删除；办件的状态、日期和摘要仍可查阅。对端来文仍会受理，并使办件恢复。',
      en: 'Its retention has ended: the content is no longer shown or used and waits to be erased. State, dates and digests can be read; a document from the peer is still accepted and brings the case back.',
    },
  },
  recalled: {
    status: 410,
    title: { zh: '文书已被召回', en: 'The document was recalled' },
    detail: {
      zh: '出具方召回了此文书，收件方已确认：双方均不再查阅其内容，并将在 30 天后删除；摘要、日期、回执和证明仍在，并仍可核验。',
      en: 'Its author took it back and the receiver confirmed: neither side shows its content any more, and 30 days later it is erased. Digest, dates, receipt and proofs stay and still verify.',
    },
  },
  unreadable: {
    status: 503,
    title: { zh: '内容无法解密', en: 'Content cannot be decrypted' },
    detail: {
      zh: '所存内容与本节点的密钥不符：可能缺少时期密钥，或数据库已被改动；请运维人员检查。',
      en: "What is stored does not open with this node's keys: an epoch key is missing, or the database was altered. Operators must look.",
    },
  },
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
  'document-findings': {
    status: 422,
    title: { zh: '文书未通过校验', en: 'Document has errors' },
    detail: {
      zh: '文书内容与办件不符；请按 errors 逐项更正。未保存、未发送任何内容。',
      en: 'The document contradicts itself or the case; correct each entry of "errors". Nothing was stored or sent.',
    },
  },
  'recipient-unknown': {
    status: 422,
    title: { zh: '接收机构不存在', en: 'Unknown recipient' },
    detail: { zh: '联合体名录中没有此机构代码；请检查 to。', en: 'The federation lists no such agency: check "to".' },
  },
  'recipient-own-region': {
    status: 422,
    title: { zh: '接收机构属于本区域', en: 'Recipient is in the own region' },
    detail: {
      zh: '节点只与其他区域交换；本区域内的业务请在本区域系统中办理。',
      en: 'A node exchanges with other regions only; settle it inside the region.',
    },
  },
  'document-not-allowed-now': {
    status: 409,
    title: { zh: '办件当前状态不允许此文书', en: 'Document not allowed now' },
    detail: {
      zh: '请查看 /v1/cases/{caseNumber}/next，其中列出可写的文书和不可写的原因。',
      en: 'See /v1/cases/{caseNumber}/next: it lists what may be written now, and why not.',
    },
  },
  'if-match-missing': {
    status: 428,
    title: { zh: '缺少 If-Match 请求头', en: 'If-Match is missing' },
    detail: {
      zh: '请先读取办件，并在 If-Match 中带上其 ETag。',
      en: 'Read the case first and send its ETag in If-Match, so that nobody answers a case they have not seen.',
    },
  },
  'if-match-failed': {
    status: 412,
    title: { zh: '办件已变更', en: 'The case has changed' },
    detail: {
      zh: '自您读取后办件又有新文书；请重新读取办件，再决定是否提交。',
      en: 'The case has new documents since you read it: read it again and decide anew.',
    },
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
  conflict: {
    status: 409,
    title: { zh: '与当前状态冲突', en: 'Conflict with the present state' },
    detail: { zh: '请重新读取资源后再决定。', en: 'Read the resource again and decide anew.' },
  },
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
  unverifiable: {
    status: 400,
    title: { zh: '报文无法验证', en: 'Messages cannot be verified' },
    detail: {
      zh: '没有一份报文通过文本、密钥和签名检查；未保存任何内容。',
      en: 'No message passed the checks of text, key and signature; nothing was kept.',
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
  internal: {
    status: 500,
    title: { zh: '内部错误', en: 'Internal error' },
    detail: {
      zh: '请稍后重试；如仍失败，请将 traceId 告知运维人员。',
      en: 'Retry later; if it fails again, give the traceId to the operators.',
    },
  },
}
