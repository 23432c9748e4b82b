import { closeTask, listTasks, readTask } from '@hefu/exchange'
import { z } from 'zod'
import { linkHeader, pageOf, pageQuery } from '../http/paging.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { caseNumber, day, digest, idParams, instant, text, uuid } from './schemas.ts'

const tag = 'tasks'

const task = z
  .object({
    id: z.string(),
    caseNumber: z.string(),
    procedure: z.string(),
    digest,
    title: text,
    document: z.string().nullable(),
    draft: z.unknown(),
    note: text.nullable(),
    state: z.enum(['open', 'closed']),
    createdAt: instant,
    closedAt: instant.nullable(),
    due: day.nullable(),
  })
  .meta({ id: 'Task' })

/** What an officer should do, with a draft where a register could fill one in. */
export function taskRoutes(): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/tasks',
      operationId: 'list-tasks',
      tag,
      summary: { zh: '列出本机构的待办', en: "List the agency's tasks" },
      rule: ['officer'],
      query: z.strictObject({ state: z.enum(['open', 'closed']).optional(), case: caseNumber.optional(), ...pageQuery }),
      reads: ({ items }) => ({ cases: items.map((one) => one.caseNumber) }),
      answer: {
        statuses: [200],
        description: { zh: '待办', en: 'tasks' },
        schema: z.object({ items: z.array(task) }),
        headers: linkHeader,
      },
      errors: ['cursor-invalid'],
      handle: async (ctx, request) =>
        await pageOf(
          request,
          uuid,
          async (page) => {
            const { state, case: ofCase } = request.query
            return await listTasks(ctx, request.caller, { ...(state && { state }), ...(ofCase && { caseNumber: ofCase }), ...page })
          },
          (item) => item,
        ),
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/tasks/{id}',
      operationId: 'read-task',
      tag,
      summary: { zh: '读取待办', en: 'Read a task' },
      rule: ['officer'],
      params: idParams,
      reads: ({ caseNumber }) => ({ cases: [caseNumber] }),
      answer: { statuses: [200], description: { zh: '待办', en: 'the task' }, schema: task },
      handle: async (ctx, { caller, params }) => ({ body: await readTask(ctx, caller, params.id) }),
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/tasks/{id}/close',
      operationId: 'close-task',
      tag,
      summary: { zh: '关闭待办', en: 'Close a task' },
      rule: ['officer'],
      params: idParams,
      reads: ({ caseNumber }) => ({ cases: [caseNumber] }),
      answer: { statuses: [200], description: { zh: '已关闭的待办', en: 'the closed task' }, schema: task },
      handle: async (ctx, { caller, params }) => ({ body: await closeTask(ctx, caller, params.id) }),
    }),
  ]
}
