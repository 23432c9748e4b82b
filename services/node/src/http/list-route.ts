import type { Context, Shown as Disclosed, ErrorCode, Sight } from '@hefu/exchange'
import type { Text } from '@hefu/procedures'
import { z } from 'zod'
import { linkHeader, type Page, type PageQuery, pageOf, pageQuery } from './paging.ts'
import { defineRoute, type Route, type RouteDefinition, type RouteRequest } from './route.ts'

type Filter = Readonly<Record<string, z.ZodType>>
type Filtered<Shape extends Filter> = z.output<z.ZodObject<{ -readonly [Name in keyof Shape]: Shape[Name] }>> & PageQuery

/** What a list is made of; the rest of its route follows. */
export interface ListDefinition<Params, Shape extends Filter, After, Item, Shown>
  extends Pick<
    RouteDefinition<Params, unknown, unknown, unknown>,
    'path' | 'operationId' | 'tag' | 'summary' | 'rule' | 'scope' | 'params'
  > {
  readonly description: Text
  /** Members of the query beside those of the page. */
  readonly filter?: Shape
  readonly item: z.ZodType<Shown>
  /** As `reads` of a route, of the items on one page. */
  readonly reads: 'no' | ((items: readonly Shown[], request: RouteRequest<Params, Filtered<Shape>, unknown>) => Disclosed)
  /** As `personal` of a route, for one item: lists show personal values masked, whoever asks. */
  readonly personalItem?: (ctx: Context, sight: Sight, item: Shown) => Shown
  /** As `documented` of an answer, for one item. */
  readonly documented?: z.ZodType
  /** Where a page may end: what a cursor must hold. */
  readonly after: z.ZodType<After>
  readonly read: (
    ctx: Context,
    request: RouteRequest<Params, Filtered<Shape>, unknown>,
    page: Page<After>,
  ) => Promise<{ items: readonly Item[]; next: After | null }>
  readonly show: (item: Item, request: RouteRequest<Params, Filtered<Shape>, unknown>) => Shown
}

/** A list as protocol.md section 5 has it: `{items}`, and a Link to the next page. */
export function defineList<Params, Shape extends Filter, After, Item, Shown>(
  definition: ListDefinition<Params, Shape, After, Item, Shown>,
): Route {
  const { description, filter, item, documented, after, reads, read, show, personalItem, ...route } = definition
  const items = (one: z.ZodType<Shown>) => z.object({ items: z.array(one) })
  return defineRoute({
    ...route,
    method: 'GET',
    query: z.strictObject({ ...filter, ...pageQuery }) as unknown as z.ZodType<Filtered<Shape>>,
    reads: reads === 'no' ? 'no' : ({ items }: { items: Shown[] }, request) => reads(items, request),
    ...(personalItem && {
      personal: {
        list: true,
        show: (ctx: Context, sight: Sight, { items }: { items: Shown[] }) => ({ items: items.map((one) => personalItem(ctx, sight, one)) }),
      },
    }),
    answer: {
      statuses: [200],
      description,
      schema: items(item),
      ...(documented && { documented: z.object({ items: z.array(documented) }) }),
      headers: linkHeader,
    },
    errors: ['cursor-invalid'] satisfies ErrorCode[],
    handle: async (ctx, request) =>
      await pageOf(
        request,
        after,
        async (page) => await read(ctx, request, page),
        (one) => show(one, request),
      ),
  })
}
