import { parseUscc } from '@hefu/reference'
import { z } from 'zod'
import { type CaseView, defineProcedure, open, personal, type Reason } from '../../src/index.ts'

const request = z.strictObject({
  uscc: z.string().refine((value) => parseUscc(value).ok, 'not a unified social credit code'),
  reason: personal('text', z.string().min(1).max(500)),
})

const reply = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('found'), registeredAddress: open(z.string().min(1).max(200)), confirmedOn: z.iso.date() }),
  z.strictObject({ outcome: z.literal('not-found') }),
])

const confirmation = z.strictObject({ usable: z.boolean() })

const nothingFound: Reason = { code: 'nothing-found', zh: '未查到地址，无需确认', en: 'no address was found: there is nothing to confirm' }

/** 注册地址查询: one region asks another for the registered address of an employer. */
export const addressQuery = defineProcedure({
  name: 'address-query',
  path: 'address-queries',
  version: 1,
  code: 'AQ',
  title: { zh: '注册地址查询', en: 'Address query' },
  roles: {
    owner: { role: 'asker', title: { zh: '查询地', en: 'Asking region' } },
    counterparties: [{ role: 'keeper', title: { zh: '登记地', en: 'Region of registration' } }],
  },
  purposes: [{ code: 'labour-inspection', title: { zh: '劳动保障监察', en: 'Labour inspection' } }],
  documents: {
    request: {
      title: { zh: '查询请求', en: 'Request' },
      by: 'asker',
      starts: true,
      schema: request,
      privacy: 'organisation',
      batch: false,
      examples: [
        {
          title: { zh: '查询一家企业', en: 'One employer' },
          body: {
            from: '510100-0001',
            to: '500000-0001',
            purpose: 'labour-inspection',
            basis: '《劳动保障监察条例》第十三条',
            data: { uscc: '91500112MA5U7B2C22', reason: '送达询问通知书' },
          },
        },
      ],
    },
    reply: {
      title: { zh: '查询结果', en: 'Reply' },
      by: 'keeper',
      answers: ['request'],
      schema: reply,
      privacy: 'organisation',
      batch: false,
      examples: [
        {
          title: { zh: '已查到', en: 'Found' },
          body: {
            purpose: 'labour-inspection',
            basis: '《劳动保障监察条例》第十三条',
            data: { outcome: 'found', registeredAddress: '重庆市渝中区人民路1号', confirmedOn: '2026-03-02' },
          },
        },
      ],
    },
    confirmation: {
      title: { zh: '使用确认', en: 'Confirmation' },
      by: 'asker',
      answers: ['reply'],
      notNow: (view) => (foundAddress(view) ? null : nothingFound),
      schema: confirmation,
      privacy: 'organisation',
      batch: false,
      examples: [
        {
          title: { zh: '可用', en: 'Usable' },
          body: { purpose: 'labour-inspection', basis: '《劳动保障监察条例》第十三条', data: { usable: true } },
        },
      ],
    },
  },
  initial: 'asked',
  states: {
    asked: { title: { zh: '待答复', en: 'Asked' }, ball: 'keeper', on: { reply: 'answered' } },
    answered: { title: { zh: '已答复', en: 'Answered' }, ball: null, on: { reply: 'answered', confirmation: 'confirmed' } },
    confirmed: { title: { zh: '已确认', en: 'Confirmed' }, final: true, ball: null, on: {} },
  },
  deadlines: [
    {
      rule: 'reply',
      version: 1,
      pair: 'any',
      from: null,
      to: null,
      scope: { states: ['asked'] },
      start: { event: 'received', documents: ['request'] },
      workingDays: 5,
    },
  ],
  check: () => [],
  effects: (view, role) => {
    const asked = view.latest('request')
    if (asked === undefined || role !== 'keeper' || view.state !== 'asked') return []
    return [
      {
        kind: 'task',
        key: 'reply',
        digest: asked.digest,
        title: { zh: '答复地址查询', en: 'Answer the address query' },
        document: 'reply',
      },
    ]
  },
  registerAnswers: [],
})

function foundAddress(view: CaseView): boolean {
  const latest = view.latest('reply')
  return latest !== undefined && reply.parse(latest.data).outcome === 'found'
}
