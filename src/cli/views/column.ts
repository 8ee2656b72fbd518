/** What happens to a value wider than its column: see the table writer. */
export type Wrap = 'text' | 'soft' | 'hard' | 'time' | 'id'

/** One column of a listing: how an item is shown in it. */
export type Column<Item> = {
  readonly name: string
  /** Widest the column may get; undefined = any width. */
  readonly max?: number
  readonly wrap?: Wrap
  value(item: Item): string
}

export const column = <Item>(
  name: string,
  max: number | undefined,
  wrap: Wrap | undefined,
  value: (item: Item) => string,
): Column<Item> => ({ name, value, ...(max === undefined ? {} : { max }), ...(wrap === undefined ? {} : { wrap }) })
