import { formatFloat } from '../go/strconv-float.ts'
import type { AliasNode, MappingNode, YamlNode } from './node.ts'
import { resolveScalar, type YamlScalar } from './resolve.ts'
import { MAX_DEPTH } from './scanner.ts'
import { type Mark, yamlFault } from './yaml-fault.ts'

/** A document with its aliases and merges carried out; keys still have their types. */
export type YamlTree =
  | YamlScalar
  | { kind: 'list'; items: YamlItem[] }
  | { kind: 'map'; entries: Map<string, YamlEntry> }
type YamlItem = { value: YamlTree; mark: Mark }
export type YamlEntry = { key: YamlScalar; keyMark: Mark; value: YamlTree; valueMark: Mark }

/** Carries out aliases and merge keys within bounds: what aliases add must stay in proportion to the text. */
export class Decoder {
  #decoded = 0
  #decodedInAliases = 0
  #aliasDepth = 0
  #depth = 0
  /** Keys that stand in a mapping once more, where the earlier one has lost its meaning. */
  readonly repeated: { readonly key: string; readonly mark: Mark }[] = []
  readonly #openAliases = new Set<AliasNode>()

  decode(node: YamlNode): YamlTree {
    this.#count(node)
    switch (node.kind) {
      case 'scalar':
        return resolveScalar(node)
      case 'alias':
        return this.#throughAlias(node, (target) => this.decode(target))
      case 'sequence':
        return this.#within(node, () => ({
          kind: 'list',
          items: node.items.map((item) => ({ value: this.decode(item), mark: item.mark })),
        }))
      case 'mapping':
        return this.#within(node, () => {
          const entries = new Map<string, YamlEntry>()
          this.#fill(node, entries)
          return { kind: 'map', entries }
        })
    }
  }

  /** Later pairs win over earlier ones, merged ones included. */
  #fill(node: MappingNode, entries: Map<string, YamlEntry>): void {
    const own = new Set<string>()
    for (const [keyNode, valueNode] of node.pairs) {
      if (isMerge(keyNode)) {
        this.#merge(valueNode, entries)
        continue
      }
      const key = this.decode(keyNode)
      if (key.kind === 'list' || key.kind === 'map') {
        throw yamlFault(`invalid map key: ${goSyntax(key)}`, { mark: keyNode.mark })
      }
      const value = this.decode(valueNode)
      const name = identity(key)
      if (own.has(name)) this.repeated.push({ key: String(key.kind === 'null' ? null : key.value), mark: keyNode.mark })
      own.add(name)
      entries.set(name, { key, keyMark: keyNode.mark, value, valueMark: valueNode.mark })
    }
  }

  #merge(node: YamlNode, entries: Map<string, YamlEntry>): void {
    const sources = node.kind === 'sequence' ? node.items.toReversed() : [node]
    for (const source of sources) {
      const mapping = source.kind === 'alias' ? source.target : source
      if (mapping.kind !== 'mapping') {
        throw yamlFault('map merge requires map or sequence of maps as the value', { mark: source.mark })
      }
      this.#count(source)
      const fill = () => this.#within(mapping, () => this.#fill(mapping, entries))
      if (source.kind === 'alias') this.#throughAlias(source, fill)
      else fill()
    }
  }

  #throughAlias<Result>(node: AliasNode, decode: (target: YamlNode) => Result): Result {
    if (this.#openAliases.has(node)) {
      throw yamlFault(`anchor '${node.name}' value contains itself`, { mark: node.mark })
    }
    this.#openAliases.add(node)
    this.#aliasDepth++
    const result = decode(node.target)
    this.#aliasDepth--
    this.#openAliases.delete(node)
    return result
  }

  #within<Result>({ mark }: YamlNode, decode: () => Result): Result {
    if (++this.#depth > MAX_DEPTH) throw yamlFault(`exceeded max depth of ${MAX_DEPTH}`, { mark })
    const result = decode()
    this.#depth--
    return result
  }

  #count({ mark }: YamlNode): void {
    this.#decoded++
    if (this.#aliasDepth > 0) this.#decodedInAliases++
    const isWorthALook = this.#decodedInAliases > 100 && this.#decoded > 1000
    if (isWorthALook && this.#decodedInAliases / this.#decoded > allowedAliasShare(this.#decoded)) {
      throw yamlFault('document contains excessive aliasing', { mark })
    }
  }
}

/** Small documents may consist of aliases nearly all; from 4 million nodes on only a tenth. */
function allowedAliasShare(decoded: number): number {
  const [low, high] = [400_000, 4_000_000]
  if (decoded <= low) return 0.99
  if (decoded >= high) return 0.1
  return 0.99 - (0.89 * (decoded - low)) / (high - low)
}

const isMerge = (node: YamlNode): boolean =>
  node.kind === 'scalar' && node.text === '<<' && (node.isImplicit || node.tag === 'tag:yaml.org,2002:merge')

/** Keys are the same when type and value are. */
const identity = (key: YamlScalar): string => (key.kind === 'null' ? 'null' : `${key.kind} ${key.value}`)

/** The text of a value as `%#v` prints it. */
export function goSyntax(value: YamlTree): string {
  switch (value.kind) {
    case 'null':
      return 'interface {}(nil)'
    case 'string':
      return JSON.stringify(value.value)
    case 'uint':
      return `0x${value.value.toString(16)}`
    case 'float':
      return formatFloat(value.value, 'g')
    case 'list':
      return `[]interface {}{${value.items.map((item) => goSyntax(item.value)).join(', ')}}`
    case 'map': {
      const pairs = [...value.entries.values()].map((entry) => `${goSyntax(entry.key)}:${goSyntax(entry.value)}`)
      return `map[interface {}]interface {}{${pairs.join(', ')}}`
    }
    default:
      return String(value.value)
  }
}
