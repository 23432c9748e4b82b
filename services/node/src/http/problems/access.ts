import type { ProblemsOf } from './problem-entry.ts'

/** Of who may: the caller, its role and scopes, its agency, the affair it names. */
export const accessProblems = {
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
} satisfies ProblemsOf
