import { z } from 'zod'
import { readCursor, writeCursor } from './cursor.ts'
import type { Answer, RouteRequest } from './route.ts'

const DEFAULT_LIMIT = 50

/** Numbers in a query arrive as text; the document shows what they mean. */
const limit = z
  .string()
  .refine((text) => /^(?:[1-9]\d?|1\d\d|200)$/.test(text), {
    params: { code: 'invalid-format', zh: '须为 1 至 200 的整数', en: 'Must be a whole number from 1 to 200' },
  })
  .meta({ shownAs: { type: 'integer', minimum: 1, maximum: 200, default: DEFAULT_LIMIT } })
const cursor = z.string().min(1).max(2000)

/** Members of every list's query. */
export const pageQuery = { limit: limit.optional(), cursor: cursor.optional() }

/** `true` or `false` in a query. */
export const queryBoolean = z.enum(['true', 'false']).meta({ shownAs: { type: 'boolean' } })

export interface PageQuery {
  readonly limit?: string | undefined
  readonly cursor?: string | undefined
}

export interface Page<After> {
  readonly limit: number
  readonly after?: After
}

/** Headers that a list may have. */
export const linkHeader = { Link: { zh: 'rel="next"：下一页', en: 'rel="next": the next page' } }

/**
 * Reads one page of a list and links to the next. The cursor is bound to path, filter and caller: with another it is refused.
 * Throws `cursor-invalid`.
 */
export async function pageOf<Item, Shown, After>(
  request: Pick<RouteRequest<unknown, PageQuery, unknown>, 'query' | 'url' | 'caller'>,
  after: z.ZodType<After>,
  read: (page: Page<After>) => Promise<{ items: readonly Item[]; next: After | null }>,
  show: (item: Item) => Shown,
): Promise<Answer<{ items: Shown[] }>> {
  const { limit: limitText, cursor: cursorText, ...filter } = request.query
  const [path = ''] = request.url.split('?', 1)
  const binding = [path, Object.entries(filter).sort(), request.caller.role, request.caller.agency]
  const size = limitText === undefined ? DEFAULT_LIMIT : Number(limitText)
  const page = cursorText === undefined ? { limit: size } : { limit: size, after: readCursor(cursorText, binding, after) }
  const { items, next } = await read(page)
  const body = { items: items.map(show) }
  if (next === null) return { body }
  const query = new URLSearchParams({ ...(filter as Record<string, string>), limit: String(size), cursor: writeCursor(binding, next) })
  return { body, headers: { link: `<${path}?${query}>; rel="next"` } }
}
