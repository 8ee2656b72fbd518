import type { JsonSchema, Note, Outline } from './outline.ts'

/** What somebody gives us (`taken`: absent parts have defaults) or we give (`answered`: parts are there). */
type SchemaUse = 'taken' | 'answered'

type Options = {
  use: SchemaUse
  /** Where named objects are kept: `#/$defs/`. */
  base: string
  /** Behind every name, where two uses share one place. */
  suffix?: string
  /** Whether a field that is not described is a mistake. */
  isClosed?: boolean
}

/** Writes outlines as JSON Schema 2020-12. Objects with a name are written once, into `definitions`. */
export class SchemaWriter {
  readonly definitions: Record<string, JsonSchema> = {}
  readonly #options: Options

  constructor(options: Options) {
    this.#options = options
  }

  write(outline: Outline): JsonSchema {
    const schema = this.#inPlace(outline)
    return { ...(outline.canBeNull ? { anyOf: [schema, { type: 'null' }] } : schema), ...this.#noted(outline.note) }
  }

  #inPlace(outline: Outline): JsonSchema {
    if (outline.item) return { ...outline.schema, items: this.write(outline.item) }
    if (outline.value) return { ...outline.schema, additionalProperties: this.write(outline.value) }
    return outline.name === undefined ? outline.schema : this.#reference(outline.name, outline)
  }

  #reference(name: string, outline: Outline): JsonSchema {
    const { base, suffix = '' } = this.#options
    const full = name + suffix
    if (this.definitions[full] === undefined) {
      this.definitions[full] = {}
      this.definitions[full] = this.#object(outline)
    }
    return { $ref: base + full }
  }

  #object({ schema, fields = {} }: Outline): JsonSchema {
    const { use, isClosed } = this.#options
    const shown = Object.entries(fields).filter(([, { note }]) => use === 'answered' || !note?.isSystem)
    const required = shown.filter(([, { note }]) => (use === 'answered' ? !note?.isLeftOut : note?.isNeeded))
    return {
      ...schema,
      properties: Object.fromEntries(shown.map(([name, outline]) => [name, this.write(outline)])),
      ...(required.length > 0 ? { required: required.map(([name]) => name) } : {}),
      ...(isClosed ? { additionalProperties: false } : {}),
    }
  }

  #noted(note: Note | undefined): JsonSchema {
    if (note === undefined) return {}
    return { description: note.about, ...note.more, ...(this.#options.use === 'taken' ? note.taken : {}) }
  }
}
