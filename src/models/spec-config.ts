/** A typed component with free parameters: an engine, a source, a publisher or a published result. */
export type SpecConfig = {
  /** Trimmed; compared without case. Empty = none. */
  Type: string
  /** Keys depend on the type. Numbers keep the text they were written in. Left out when empty. */
  Params?: Record<string, unknown>
}

/** The "nothing" of a component that is always written: `{"Type":""}`. */
export const noSpec = (): SpecConfig => ({ Type: '' })
export const isNoSpec = (spec: SpecConfig | null | undefined): boolean => !spec || spec.Type.trim() === ''
/** The key under which a component of this type is registered. */
export const typeKey = (type: string): string => type.trim().toLowerCase()
