/** What a value looks like on the wire and what its parts mean: JSON Schemas, editors' help and the API's document are made from it. */
export type Outline = {
  /** What JSON Schema says of the value itself, without its parts. */
  readonly schema: JsonSchema
  /** Of a list. */
  readonly item?: Outline
  /** Of a map: every value. */
  readonly value?: Outline
  /** Of an object, with its name. */
  readonly fields?: Readonly<Record<string, Outline>>
  /** Names, in lower case, of what may be there and is not read. */
  readonly passedOver?: ReadonlySet<string>
  readonly name?: string
  readonly canBeNull?: true
  readonly note?: Note
}
export type JsonSchema = Readonly<Record<string, unknown>>

/** What a field means, and when it is there. */
export type Note = {
  /** A sentence or two, with the unit. */
  readonly about: string
  /** Answers leave it out when it says nothing. */
  readonly isLeftOut?: true
  /** Who writes the object must write it. */
  readonly isNeeded?: true
  /** The system writes it: neither job files nor submissions do. */
  readonly isSystem?: true
  /** More that JSON Schema says of it, wherever it stands; and of what we are given only. */
  readonly more?: JsonSchema
  readonly taken?: JsonSchema
}

/** The same with a meaning. */
export const field = <Of extends Outline>(outline: Of, about: string, note: Omit<Note, 'about'> = {}): Of => ({
  ...outline,
  note: { about, ...note },
})

/** An object that is only written by us. */
export const record = (name: string, fields: Readonly<Record<string, Outline>>): Outline => ({
  name,
  fields,
  schema: { type: 'object' },
})

export const listOf = (item: Outline): Outline => ({ schema: { type: 'array' }, item })
export const mapOf = (value: Outline): Outline => ({ schema: { type: 'object' }, value })
export const orNull = (outline: Outline): Outline => ({ ...outline, canBeNull: true })
export const oneOf = (words: readonly string[]): Outline => ({ schema: { type: 'string', enum: words } })

/** RFC 3339 text in UTC; year 1 = never. */
export const time: Outline = { schema: { type: 'string', format: 'date-time' } }
export const amount: Outline = { schema: { type: 'number', minimum: 0 } }
export const anything: Outline = { schema: {} }
export const numberUpTo = (maximum: number): Outline => ({ schema: { type: 'integer', minimum: 0, maximum } })
