import type { Mark } from './yaml-fault.ts'

/** A YAML document as written: tags and aliases are not resolved yet. */
export type YamlNode = ScalarNode | SequenceNode | MappingNode | AliasNode

export type ScalarNode = {
  kind: 'scalar'
  mark: Mark
  /** Full tag (`tag:yaml.org,2002:str`), '!' or ''. */
  tag: string
  text: string
  /** Whether its type may be guessed from the text: no quotes, or the tag `!`. */
  isImplicit: boolean
}

type SequenceNode = { kind: 'sequence'; mark: Mark; items: YamlNode[] }
export type MappingNode = { kind: 'mapping'; mark: Mark; pairs: [key: YamlNode, value: YamlNode][] }
export type AliasNode = { kind: 'alias'; mark: Mark; name: string; target: YamlNode }
