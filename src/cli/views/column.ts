/** What happens to a value wider than its column: see the table writer. */
export type Wrap = 'text' | 'soft' | 'hard' | 'time' | 'id'

/** One column of a listing: how an item is shown in it. */
export type Column<Item> = {
  readonly name: string
  /** Widest the column may get; undefined = any width. */
  readonly max?: number
  readonly wrap?: Wrap
  /** Wide characters count for two. */
  readonly isExact?: boolean
  /** How narrow a terminal without room may make it; undefined = not at all. */
  readonly least?: number
  /** Left out where there is no room for it: the last one first. */
  readonly isExtra?: boolean
  /** Has colours of its own, and makes what it got visible itself. */
  readonly isPainted?: boolean
  value(item: Item): string
}

type More = Pick<Column<never>, 'least' | 'isExtra' | 'isPainted'>

export const column = <Item>(
  name: string,
  max: number | undefined,
  wrap: Wrap | undefined,
  value: (item: Item) => string,
  more: More = {},
): Column<Item> => ({
  name,
  value,
  ...(max === undefined ? {} : { max }),
  ...(wrap === undefined ? {} : { wrap }),
  ...more,
})

/** Of columns that are left out where there is no room. */
export const extra = { isExtra: true } as const
