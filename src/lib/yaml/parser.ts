import type { MappingNode, YamlNode } from './node.ts'
import { MAX_DEPTH, type Scanner } from './scanner.ts'
import type { Token, TokenKind } from './token.ts'
import { type Mark, yamlFault } from './yaml-fault.ts'

const defaultTags = { '!': '!', '!!': 'tag:yaml.org,2002:' }

/** What may begin a node: anywhere, or in a block mapping where a list may start at the column of its key. */
type Place = 'flow' | 'block' | 'block-value'

/** Tokens to the nodes of the first document, by the grammar of YAML 1.1 as Go's reader applies it. */
export class Parser {
  readonly #scanner: Scanner
  readonly #anchors = new Map<string, YamlNode>()
  #tagPrefixes: Record<string, string> = defaultTags
  #depth = 0

  constructor(scanner: Scanner) {
    this.#scanner = scanner
  }

  /** The first document, undefined when the stream has none. What follows it is not looked at. */
  document(): YamlNode | undefined {
    this.#scanner.take()
    const isExplicit = this.#is('version-directive', 'tag-directive', 'document-start')
    if (!isExplicit && this.#is('stream-end')) return undefined
    if (isExplicit) {
      this.#directives()
      if (!this.#is('document-start')) throw this.#fault('did not find expected <document start>')
      this.#scanner.take()
    }
    const isEmpty =
      isExplicit && this.#is('version-directive', 'tag-directive', 'document-start', 'document-end', 'stream-end')
    const root = isEmpty ? emptyScalar(this.#scanner.peek().start) : this.#node('block')
    this.#scanner.peek()
    return root
  }

  #directives(): void {
    const prefixes: Record<string, string> = {}
    let hasVersion = false
    while (this.#is('version-directive', 'tag-directive')) {
      const { kind, value, handle } = this.#scanner.peek()
      if (kind === 'version-directive') {
        if (hasVersion) throw this.#fault('found duplicate %YAML directive')
        if (value !== '1.1') throw this.#fault('found incompatible YAML document')
        hasVersion = true
      } else {
        if (Object.hasOwn(prefixes, handle)) throw this.#fault('found duplicate %TAG directive')
        prefixes[handle] = value
      }
      this.#scanner.take()
    }
    this.#tagPrefixes = { ...defaultTags, ...prefixes }
  }

  #node(place: Place): YamlNode {
    if (this.#is('alias')) return this.#alias()
    const { start } = this.#scanner.peek()
    const { anchor, tag } = this.#properties(start)
    const register = <Node extends YamlNode>(node: Node): Node => {
      if (anchor !== undefined) this.#anchors.set(anchor, node)
      return node
    }
    const token = this.#scanner.peek()
    if (token.kind === 'scalar') {
      this.#scanner.take()
      const isImplicit = (tag === '' && token.isPlain) || tag === '!'
      return register({ kind: 'scalar', mark: start, tag, text: token.value, isImplicit })
    }
    const fill = this.#collection(place, token.kind)
    if (fill !== undefined) return this.#nested(start, fill, register)
    if (anchor !== undefined || tag !== '') return register({ ...emptyScalar(start), tag, isImplicit: tag === '' })
    throw this.#fault('did not find expected node content', start)
  }

  #alias(): YamlNode {
    const { value: name, start: mark } = this.#scanner.take()
    const target = this.#anchors.get(name)
    if (target === undefined) throw yamlFault(`unknown anchor '${name}' referenced`, { mark })
    return { kind: 'alias', mark, name, target }
  }

  #properties(start: Mark): { anchor: string | undefined; tag: string } {
    let anchor: string | undefined
    let tagToken: Token | undefined
    while (this.#is('anchor', 'tag')) {
      const isAnchor = this.#is('anchor')
      if (isAnchor ? anchor !== undefined : tagToken !== undefined) break
      const token = this.#scanner.take()
      if (isAnchor) anchor = token.value
      else tagToken = token
    }
    return { anchor, tag: tagToken === undefined ? '' : this.#fullTag(tagToken, start) }
  }

  #fullTag({ handle, value, start: mark }: Token, start: Mark): string {
    if (handle === '') return value
    if (!Object.hasOwn(this.#tagPrefixes, handle)) {
      throw yamlFault('found undefined tag handle', { mark, contextMark: start, by: 'parser' })
    }
    return this.#tagPrefixes[handle] + value
  }

  /** The reader of the collection that begins here, if one does. */
  #collection(place: Place, kind: TokenKind): Filler | undefined {
    if (kind === 'flow-sequence-start') return { kind: 'sequence', fill: (items) => this.#flowSequence(items) }
    if (kind === 'flow-mapping-start') return { kind: 'mapping', fill: (pairs) => this.#flowMapping(pairs) }
    if (place === 'flow') return undefined
    if (kind === 'block-sequence-start') return { kind: 'sequence', fill: (items) => this.#blockSequence(items) }
    if (kind === 'block-mapping-start') return { kind: 'mapping', fill: (pairs) => this.#blockMapping(pairs) }
    const isBare = place === 'block-value' && kind === 'block-entry'
    return isBare ? { kind: 'sequence', fill: (items) => this.#bareSequence(items) } : undefined
  }

  /** Makes the node known under its anchor before its content is read, so that a node that contains itself is seen. */
  #nested(mark: Mark, filler: Filler, register: <Node extends YamlNode>(node: Node) => Node): YamlNode {
    if (++this.#depth > MAX_DEPTH) throw yamlFault(`exceeded max depth of ${MAX_DEPTH}`, { mark })
    let node: YamlNode
    if (filler.kind === 'sequence') {
      node = register({ kind: 'sequence', mark, items: [] })
      filler.fill(node.items)
    } else {
      node = register({ kind: 'mapping', mark, pairs: [] })
      filler.fill(node.pairs)
    }
    this.#depth--
    return node
  }

  #blockSequence(items: YamlNode[]): void {
    const { start } = this.#scanner.take()
    while (this.#is('block-entry')) {
      const { end } = this.#scanner.take()
      items.push(this.#is('block-entry', 'block-end') ? emptyScalar(end) : this.#node('block'))
    }
    if (!this.#is('block-end')) throw this.#fault("did not find expected '-' indicator", start)
    this.#scanner.take()
  }

  /** A list whose dashes stand at the column of the key it belongs to. */
  #bareSequence(items: YamlNode[]): void {
    while (this.#is('block-entry')) {
      const { end } = this.#scanner.take()
      items.push(this.#is('block-entry', 'key', 'value', 'block-end') ? emptyScalar(end) : this.#node('block'))
    }
  }

  #blockMapping(pairs: MappingNode['pairs']): void {
    const { start } = this.#scanner.take()
    while (this.#is('key')) {
      const key = this.#blockPart()
      const value = this.#is('value') ? this.#blockPart() : emptyScalar(this.#scanner.peek().start)
      pairs.push([key, value])
    }
    if (!this.#is('block-end')) throw this.#fault('did not find expected key', start)
    this.#scanner.take()
  }

  #blockPart(): YamlNode {
    const { end } = this.#scanner.take()
    return this.#is('key', 'value', 'block-end') ? emptyScalar(end) : this.#node('block-value')
  }

  #flowSequence(items: YamlNode[]): void {
    const { start } = this.#scanner.take()
    for (let isFirst = true; !this.#is('flow-sequence-end'); isFirst = false) {
      if (!isFirst) this.#flowEntry("did not find expected ',' or ']'", start)
      if (this.#is('flow-sequence-end')) break
      items.push(this.#is('key') ? this.#singlePair() : this.#node('flow'))
    }
    this.#scanner.take()
  }

  /** `[key: value]`: a mapping of one pair without braces. */
  #singlePair(): MappingNode {
    const { start } = this.#scanner.take()
    const mapping: MappingNode = { kind: 'mapping', mark: start, pairs: [] }
    let key: YamlNode
    if (this.#is('value', 'flow-entry', 'flow-sequence-end')) {
      // Go's reader drops the token here, whichever it is.
      key = emptyScalar(this.#scanner.take().end)
    } else {
      key = this.#node('flow')
    }
    mapping.pairs.push([key, this.#flowValue('flow-sequence-end')])
    return mapping
  }

  #flowMapping(pairs: MappingNode['pairs']): void {
    const { start } = this.#scanner.take()
    for (let isFirst = true; !this.#is('flow-mapping-end'); isFirst = false) {
      if (!isFirst) this.#flowEntry("did not find expected ',' or '}'", start)
      if (this.#is('flow-mapping-end')) break
      if (this.#is('key')) {
        this.#scanner.take()
        const isEmpty = this.#is('value', 'flow-entry', 'flow-mapping-end')
        const key = isEmpty ? emptyScalar(this.#scanner.peek().start) : this.#node('flow')
        pairs.push([key, this.#flowValue('flow-mapping-end')])
      } else {
        const key = this.#node('flow')
        pairs.push([key, emptyScalar(this.#scanner.peek().start)])
      }
    }
    this.#scanner.take()
  }

  #flowEntry(problem: string, start: Mark): void {
    if (!this.#is('flow-entry')) throw this.#fault(problem, start)
    this.#scanner.take()
  }

  #flowValue(end: TokenKind): YamlNode {
    if (this.#is('value')) {
      this.#scanner.take()
      if (!this.#is('flow-entry', end)) return this.#node('flow')
    }
    return emptyScalar(this.#scanner.peek().start)
  }

  #is(...kinds: TokenKind[]): boolean {
    return kinds.includes(this.#scanner.peek().kind)
  }

  #fault(problem: string, contextMark?: Mark) {
    return yamlFault(problem, { mark: this.#scanner.peek().start, by: 'parser', ...(contextMark && { contextMark }) })
  }
}

type Filler =
  | { kind: 'sequence'; fill: (items: YamlNode[]) => void }
  | { kind: 'mapping'; fill: (pairs: MappingNode['pairs']) => void }

const emptyScalar = (mark: Mark): YamlNode & { kind: 'scalar' } => ({
  kind: 'scalar',
  mark,
  tag: '',
  text: '',
  isImplicit: true,
})
