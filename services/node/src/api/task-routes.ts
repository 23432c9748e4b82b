import { ANY_PROCEDURE, type Context, closeTask, listTasks, readTask, type Sight, shownDocument } from '@hefu/exchange'
import type { Procedure } from '@hefu/procedures'
import { z } from 'zod'
import { defineList } from '../http/list-route.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { oneOfDocuments } from './document-data.ts'
import { caseNumber, day, digest, idParams, instant, text, uuid } from './schemas.ts'

const common = { tag: 'tasks', rule: ['officer'], scope: ANY_PROCEDURE.read } as const

const draft = z.object({ document: z.string(), data: z.unknown() })
const task = z.object({
  id: z.string(),
  caseNumber: z.string(),
  procedure: z.string(),
  digest,
  title: text,
  document: z.string().nullable(),
  draft: draft.nullable(),
  note: text.nullable(),
  state: z.enum(['open', 'closed']),
  createdAt: instant,
  closedAt: instant.nullable(),
  due: day.nullable(),
})

/** A draft is made from registers, and holds as much about a person as they do. */
function shownTask<Task extends z.infer<typeof task>>(ctx: Context, sight: Sight, shown: Task): Task {
  if (shown.draft === null) return shown
  return { ...shown, draft: { ...shown.draft, data: shownDocument(ctx, sight, shown.caseNumber, shown.draft.document, shown.draft.data) } }
}

const personalTask = {
  caseOf: ({ caseNumber }: z.infer<typeof task>) => caseNumber,
  show: (ctx: Context, sight: Sight, shown: z.infer<typeof task>) => shownTask(ctx, sight, shown),
}

/** What an officer should do, with a draft where a register could fill one in. */
export function taskRoutes(procedures: readonly Procedure[]): Route[] {
  const drafts = oneOfDocuments(procedures, 'Draft', (name, data) => draft.extend({ document: z.literal(name), data }))
  const documented = task.extend({ draft: drafts.nullable() }).meta({ id: 'Task' })
  return [
    defineList({
      ...common,
      path: '/v1/tasks',
      operationId: 'list-tasks',
      personalItem: shownTask,
      reads: (items) => ({ cases: items.map((one) => one.caseNumber) }),
      summary: { zh: '列出本机构的待办', en: "List the agency's tasks" },
      description: { zh: '待办', en: 'tasks' },
      filter: { state: z.enum(['open', 'closed']).optional(), case: caseNumber.optional() },
      item: task,
      documented,
      after: uuid,
      read: async (ctx, { caller, query }, page) => await listTasks(ctx, caller, { state: query.state, caseNumber: query.case, ...page }),
      show: (item) => item,
    }),
    defineRoute({
      ...common,
      method: 'GET',
      path: '/v1/tasks/{id}',
      operationId: 'read-task',
      personal: personalTask,
      reads: ({ caseNumber }) => ({ ofCase: caseNumber }),
      summary: { zh: '读取待办', en: 'Read a task' },
      params: idParams,
      answer: { statuses: [200], description: { zh: '待办', en: 'the task' }, schema: task, documented },
      handle: async (ctx, { caller, params }) => ({ body: await readTask(ctx, caller, params.id) }),
    }),
    defineRoute({
      ...common,
      scope: ANY_PROCEDURE.write,
      method: 'POST',
      path: '/v1/tasks/{id}/close',
      operationId: 'close-task',
      personal: personalTask,
      reads: ({ caseNumber }) => ({ ofCase: caseNumber }),
      summary: { zh: '关闭待办', en: 'Close a task' },
      params: idParams,
      answer: { statuses: [200], description: { zh: '已关闭的待办', en: 'the closed task' }, schema: task, documented },
      handle: async (ctx, { caller, params }) => ({ body: await closeTask(ctx, caller, params.id) }),
    }),
  ]
}
