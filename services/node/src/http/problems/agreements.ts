import type { ProblemsOf } from './problem-entry.ts'

/** Of what the regions have not agreed on. */
export const agreementsProblems = {
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
} satisfies ProblemsOf
