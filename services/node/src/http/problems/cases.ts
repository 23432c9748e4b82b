import type { ProblemsOf } from './problem-entry.ts'

/** Of cases and their documents. */
export const casesProblems = {
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
  conflict: {
    status: 409,
    title: { zh: '与当前状态冲突', en: 'Conflict with the present state' },
    detail: { zh: '请重新读取资源后再决定。', en: 'Read the resource again and decide anew.' },
  },
} satisfies ProblemsOf
