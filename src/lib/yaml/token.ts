import type { Mark } from './yaml-fault.ts'

/** What the scanner hands to the parser. */
export type Token = {
  kind: TokenKind
  start: Mark
  end: Mark
  /** Text of a scalar, name of an anchor or alias, suffix of a tag, prefix of a tag directive, `1.1` of a version. */
  value: string
  /** Handle of a tag or tag directive (`!`, `!!`, `!e!`); '' for a verbatim tag. */
  handle: string
  isPlain: boolean
}

export type TokenKind =
  | 'stream-start'
  | 'stream-end'
  | 'version-directive'
  | 'tag-directive'
  | 'document-start'
  | 'document-end'
  | 'block-sequence-start'
  | 'block-mapping-start'
  | 'block-end'
  | 'flow-sequence-start'
  | 'flow-sequence-end'
  | 'flow-mapping-start'
  | 'flow-mapping-end'
  | 'block-entry'
  | 'flow-entry'
  | 'key'
  | 'value'
  | 'alias'
  | 'anchor'
  | 'tag'
  | 'scalar'

export const tokenOf = (kind: TokenKind, start: Mark, end: Mark, rest: Partial<Token> = {}): Token => ({
  kind,
  start,
  end,
  value: '',
  handle: '',
  isPlain: false,
  ...rest,
})
