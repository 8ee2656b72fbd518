import { quote } from '../go/strconv-quote.ts'
import { unquote } from '../go/strconv-unquote.ts'
import { trimSpace } from '../go/unicode.ts'
import { type EndNode, type ListNode, type StatementNode, textOfNode } from './nodes.ts'
import { ParseContext } from './parse-context.ts'
import { PipelineParser } from './pipeline-parser.ts'
import type { Token } from './token.ts'

/** The templates of a text by name, the text's own among them. */
export type TemplateSet = Map<string, ListNode>

/**
 * Parses a template text. `name` is that of the whole text and stands in messages.
 * Throws Fault('BadRequest') with Go's sentence: `failed to parse template: template: <name>:<line>: …`.
 */
export function parseTemplate(text: string, name: string, functions: ReadonlySet<string>): TemplateSet {
  return new Parser(new ParseContext(text, name, functions), name).parse()
}

/** Statements: text, actions and what `{{…}}` may begin. */
class Parser {
  readonly #context: ParseContext
  readonly #pipelines: PipelineParser
  readonly #name: string
  readonly #set: TemplateSet = new Map()

  constructor(context: ParseContext, name: string) {
    this.#context = context
    this.#pipelines = new PipelineParser(context)
    this.#name = name
  }

  parse(): TemplateSet {
    const root: ListNode = { kind: 'list', at: this.#context.peek().at, nodes: [] }
    while (this.#context.peek().kind !== 'eof') {
      if (this.#takeDefinition()) continue
      const node = this.#textOrAction()
      if (isEnd(node)) throw this.#context.fault(`unexpected ${textOfNode(node)}`)
      root.nodes.push(node)
    }
    this.#add(this.#name, root)
    return this.#set
  }

  /** `{{define "name"}}…{{end}}`, which stands at the top only. */
  #takeDefinition(): boolean {
    if (this.#context.peek().kind !== 'left-delimiter') return false
    const delimiter = this.#context.next()
    const word = this.#context.nextNonSpace()
    if (word.kind !== 'define') {
      this.#context.putBack(word, delimiter)
      return false
    }
    const context = 'define clause'
    this.#context.inNewScope(() => {
      const name = this.#templateName(this.#context.nextNonSpace(), context)
      this.#context.expect('right-delimiter', context)
      this.#add(name, this.#body(context))
    })
    return true
  }

  /** A list up to its own `{{end}}`; `line` is what a message about another end names. */
  #body(context: string, line?: number): ListNode {
    const [list, end] = this.#itemList()
    if (end.kind !== 'end') throw this.#context.fault(`unexpected ${textOfNode(end)} in ${context}`, line)
    return list
  }

  /** Keeps a template; one without content never replaces another. */
  #add(name: string, root: ListNode): void {
    const known = this.#set.get(name)
    if (known === undefined || isEmpty(known)) this.#set.set(name, root)
    else if (!isEmpty(root)) throw this.#context.fault(`template: multiple definition of template ${quote(name)}`)
  }

  #itemList(): [ListNode, EndNode] {
    const list: ListNode = { kind: 'list', at: this.#context.peekNonSpace().at, nodes: [] }
    while (this.#context.peekNonSpace().kind !== 'eof') {
      const node = this.#textOrAction()
      if (isEnd(node)) return [list, node]
      list.nodes.push(node)
    }
    throw this.#context.fault('unexpected EOF')
  }

  #textOrAction(): StatementNode | EndNode {
    const token = this.#context.nextNonSpace()
    if (token.kind === 'text') return { kind: 'text', at: token.at, text: token.text }
    if (token.kind !== 'left-delimiter') throw this.#context.unexpected(token, 'input')
    this.#context.scope.actionLine = token.line
    const node = this.#action()
    this.#context.scope.actionLine = 0
    return node
  }

  #action(): StatementNode | EndNode {
    const token = this.#context.nextNonSpace()
    switch (token.kind) {
      case 'block':
        return this.#block()
      case 'break':
      case 'continue':
        return this.#leave(token.kind, token)
      case 'else':
        return this.#else()
      case 'end':
        return { kind: 'end', at: this.#context.expect('right-delimiter', 'end').at }
      case 'if':
      case 'range':
      case 'with':
        return this.#control(token.kind)
      case 'template':
        return this.#template()
      default:
        this.#context.putBack(token)
        return { kind: 'action', at: token.at, pipe: this.#pipelines.pipeline('command', 'right-delimiter') }
    }
  }

  #leave(kind: 'break' | 'continue', { at }: Token): StatementNode {
    const token = this.#context.nextNonSpace()
    if (token.kind !== 'right-delimiter') throw this.#context.unexpected(token, `{{${kind}}}`)
    if (this.#context.scope.rangeDepth === 0) throw this.#context.fault(`{{${kind}}} outside {{range}}`)
    return { kind, at }
  }

  /** `{{else if …}}` leaves the `if` for the control structure to find. */
  #else(): EndNode {
    const next = this.#context.peekNonSpace()
    if (next.kind === 'if' || next.kind === 'with') return { kind: 'else', at: next.at }
    return { kind: 'else', at: this.#context.expect('right-delimiter', 'else').at }
  }

  #control(kind: 'if' | 'range' | 'with'): StatementNode {
    return this.#context.nested(() => {
      const known = this.#context.scope.variables.length
      const pipe = this.#pipelines.pipeline(kind, 'right-delimiter')
      if (kind === 'range') this.#context.scope.rangeDepth++
      const [list, next] = this.#itemList()
      if (kind === 'range') this.#context.scope.rangeDepth--
      const elseList = next.kind === 'else' ? this.#elseList(kind, next.at) : undefined
      this.#context.scope.variables.length = known
      return { kind, at: pipe.at, pipe, list, elseList }
    })
  }

  #elseList(kind: 'if' | 'range' | 'with', at: number): ListNode {
    if (kind !== 'range' && this.#context.peek().kind === kind) {
      this.#context.next()
      return { kind: 'list', at, nodes: [this.#control(kind)] }
    }
    const [list, end] = this.#itemList()
    if (end.kind !== 'end') throw this.#context.fault(`expected end; found ${textOfNode(end)}`)
    return list
  }

  #block(): StatementNode {
    const context = 'block clause'
    const token = this.#context.nextNonSpace()
    const name = this.#templateName(token, context)
    const pipe = this.#pipelines.pipeline(context, 'right-delimiter')
    this.#context.inNewScope(() =>
      this.#add(
        name,
        this.#context.nested(() => this.#body(context)),
      ),
    )
    return { kind: 'template', at: token.at, name, pipe }
  }

  #template(): StatementNode {
    const context = 'template clause'
    const token = this.#context.nextNonSpace()
    const name = this.#templateName(token, context)
    const next = this.#context.nextNonSpace()
    if (next.kind === 'right-delimiter') return { kind: 'template', at: token.at, name, pipe: undefined }
    this.#context.putBack(next)
    return { kind: 'template', at: token.at, name, pipe: this.#pipelines.pipeline(context, 'right-delimiter') }
  }

  #templateName(token: Token, context: string): string {
    if (token.kind !== 'string' && token.kind !== 'raw-string') throw this.#context.unexpected(token, context)
    return this.#context.read(() => unquote(token.text))
  }
}

const isEnd = (node: StatementNode | EndNode): node is EndNode => node.kind === 'end' || node.kind === 'else'

/** Whether a template has nothing but space. */
const isEmpty = ({ nodes }: ListNode): boolean =>
  nodes.every((node) => node.kind === 'text' && trimSpace(node.text) === '')
