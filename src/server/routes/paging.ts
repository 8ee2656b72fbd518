import { decodePagingToken, encodePagingToken, type PagingToken } from '#api/paging-token.ts'
import { Fault } from '#lib/fault.ts'
import { defaultPageSize } from '../settings.ts'

export const pageSizeOf = (limit: number): number => (limit === 0 ? defaultPageSize : Math.min(limit, defaultPageSize))

export type PageQuery = { limit?: number; next_token?: string; order_by?: string; reverse?: boolean }

/** Which page is wanted; `position`: of the item before it, absent = it is the first. A token overrides the rest, as in the reference. */
export const askedPage = ({ next_token, order_by = '', reverse = false, limit = 0 }: PageQuery): AskedPage =>
  next_token === undefined ? { sortBy: order_by, isReversed: reverse, limit } : decodePagingToken(next_token)

type AskedPage = Omit<PagingToken, 'position'> & Partial<Pick<PagingToken, 'position'>>

/** The order of that name; '' = the usual one. */
export function orderNamed<Order>(name: string, orders: Readonly<Record<string, Order>>): Order {
  if (Object.hasOwn(orders, name)) return orders[name] as Order
  const known = Object.keys(orders).filter((each) => each !== '')
  throw new Fault('BadRequest', 'invalid order_by', {
    component: 'APIServer',
    hint: `order by one of ${known.join(', ')}`,
  })
}

export type SortKey<Item> = { value(item: Item): bigint | string; id(item: Item): string; isDescending?: boolean }

/** Sorts a list that is at hand as a whole, and cuts one page out of it after the position of the token. */
export function pageOf<Item>(
  items: readonly Item[],
  query: PageQuery,
  orders: Readonly<Record<string, SortKey<Item>>>,
): { items: Item[]; nextToken: string } {
  const { sortBy, isReversed, limit, position: from } = askedPage(query)
  const key = orderNamed(sortBy, orders)
  const compare = (a: Position, b: Position): number => {
    const natural = (key.isDescending ? -1 : 1) * order(a.value, b.value) || order(a.id, b.id)
    return isReversed ? -natural : natural
  }
  const sorted = items.map((item) => ({ item, value: key.value(item), id: key.id(item) })).sort(compare)

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
