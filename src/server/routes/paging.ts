import { decodePagingToken, encodePagingToken } from '#api/paging-token.ts'
import { Fault } from '#lib/fault.ts'
import { defaultPageSize } from '../settings.ts'

export const pageSizeOf = (limit: number): number => (limit === 0 ? defaultPageSize : Math.min(limit, defaultPageSize))

export const invalidOrder = (known: readonly string[]): Fault =>
  new Fault('BadRequest', 'invalid order_by', {
    component: 'APIServer',
    hint: `order by one of ${known.filter((name) => name !== '').join(', ')}`,
  })

export type PageQuery = { limit?: number; next_token?: string; order_by?: string; reverse?: boolean }
export type SortKey<Item> = { value(item: Item): bigint | string; id(item: Item): string; isDescending?: boolean }

/** Sorts a list that is at hand as a whole, and cuts one page out of it after the position of the token. */
export function pageOf<Item>(
  items: readonly Item[],
  query: PageQuery,
  orders: Readonly<Record<string, SortKey<Item>>>,
): { items: Item[]; nextToken: string } {
  const token = query.next_token === undefined ? undefined : decodePagingToken(query.next_token)
  const sortBy = token?.sortBy ?? query.order_by ?? ''
  const isReversed = token?.isReversed ?? query.reverse ?? false
  const limit = token?.limit ?? query.limit ?? 0
  const key = Object.hasOwn(orders, sortBy) ? orders[sortBy] : undefined
  if (key === undefined) throw invalidOrder(Object.keys(orders))

  const compare = (a: Position, b: Position): number => {
    const natural = (key.isDescending ? -1 : 1) * order(a.value, b.value) || order(a.id, b.id)
    return isReversed ? -natural : natural
  }
  const sorted = items.map((item) => ({ item, value: key.value(item), id: key.id(item) })).sort(compare)

  const from = token?.position
  const start =
    from === undefined ? 0 : 'offset' in from ? from.offset : sorted.findIndex((each) => compare(each, from) > 0)
  const page = start < 0 ? [] : sorted.slice(start, start + pageSizeOf(limit))
  const last = page.at(-1)
  const hasMore = last !== undefined && last !== sorted.at(-1)
  const position = { value: last?.value ?? '', id: last?.id ?? '' }
  return {
    items: page.map(({ item }) => item),
    nextToken: hasMore ? encodePagingToken({ sortBy, isReversed, limit, position }) : '',
  }
}

type Position = { value: bigint | string; id: string }

const order = (a: bigint | string, b: bigint | string): number => (a < b ? -1 : a > b ? 1 : 0)
