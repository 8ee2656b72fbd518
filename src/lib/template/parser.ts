import { Fault } from '../fault.ts'
import { quote } from '../go/strconv-quote.ts'
import { unquote } from '../go/strconv-unquote.ts'
import { trimSpace } from '../go/unicode.ts'
import { describeToken, Lexer, type Token, type TokenKind } from './lexer.ts'
import {
  type ChainNode,
  type CommandNode,
  type EndNode,
  type ListNode,
  type OperandNode,
  type PipeNode,
  type StatementNode,
  textOfNode,
  type VariableNode,
} from './nodes.ts'
import { numberConstant } from './number-constant.ts'
import { templateFault } from './template-fault.ts'

/** Deepest nesting of parentheses and control structures. */
const MAX_NESTING = 500

const operandKinds: readonly TokenKind[] = [
  'bool',
  'char-constant',
  'complex',
  'dot',
  'field',
  'identifier',
  'number',
  'nil',
  'raw-string',
  'string',
  'variable',
  'left-paren',
]

/** The part of a template that is being parsed: variables known here and whether a loop surrounds it. */
type Scope = { variables: string[]; rangeDepth: number; actionLine: number }
const newScope = (): Scope => ({ variables: ['$'], rangeDepth: 0, actionLine: 0 })

/** The templates of a text by name, the text's own among them. */
export type TemplateSet = Map<string, ListNode>

/**
 * Parses a template text. `name` is that of the whole text and stands in messages.
 * Throws Fault('BadRequest') with Go's sentence: `failed to parse template: template: <name>:<line>: …`.
 */
export function parseTemplate(text: string, name: string, functions: ReadonlySet<string>): TemplateSet {
  return new Parser(text, name, functions).parse()
}

class Parser {
  readonly #lexer: Lexer
  readonly #name: string
  readonly #functions: ReadonlySet<string>
  readonly #set: TemplateSet = new Map()
  /** Tokens put back; the last is next. */
  readonly #pending: Token[] = []
  /** The token the lexer gave last, whose line messages name. */
  #latest: Token | undefined
  #scope = newScope()
  #nesting = 0

  constructor(text: string, name: string, functions: ReadonlySet<string>) {
    this.#lexer = new Lexer(text)
    this.#name = name
    this.#functions = functions
  }

  parse(): TemplateSet {
    const root: ListNode = { kind: 'list', at: this.#peek().at, nodes: [] }
    while (this.#peek().kind !== 'eof') {
      if (this.#takeDefinition()) continue
      const node = this.#textOrAction()
      if (isEnd(node)) throw this.#fault(`unexpected ${textOfNode(node)}`)
      root.nodes.push(node)
    }
    this.#add(this.#name, root)
    return this.#set
  }

  /** `{{define "name"}}…{{end}}`, which stands at the top only. */
  #takeDefinition(): boolean {
    if (this.#peek().kind !== 'left-delimiter') return false
    const delimiter = this.#next()
    const word = this.#nextNonSpace()
    if (word.kind !== 'define') {
      this.#pending.push(word, delimiter)
      return false
    }
    const context = 'define clause'
    this.#inNewScope(() => {
      const name = this.#templateName(this.#nextNonSpace(), context)
      this.#expect('right-delimiter', context)
      this.#add(name, this.#body(context))
    })
    return true
  }

  #inNewScope(parse: () => void): void {
    const outer = this.#scope
    this.#scope = newScope()
    parse()
    this.#scope = outer
  }

  /** A list up to its own `{{end}}`; `line` is what a message about another end names. */
  #body(context: string, line?: number): ListNode {
    const [list, end] = this.#itemList()
    if (end.kind !== 'end') throw this.#fault(`unexpected ${textOfNode(end)} in ${context}`, line)
    return list
  }

  /** Keeps a template; one without content never replaces another. */
  #add(name: string, root: ListNode): void {
    const known = this.#set.get(name)
    if (known === undefined || isEmpty(known)) this.#set.set(name, root)
    else if (!isEmpty(root)) throw this.#fault(`template: multiple definition of template ${quote(name)}`)
  }

  #itemList(): [ListNode, EndNode] {
    const list: ListNode = { kind: 'list', at: this.#peekNonSpace().at, nodes: [] }
    while (this.#peekNonSpace().kind !== 'eof') {
      const node = this.#textOrAction()
      if (isEnd(node)) return [list, node]
      list.nodes.push(node)
    }
    throw this.#fault('unexpected EOF')
  }

  #textOrAction(): StatementNode | EndNode {
    const token = this.#nextNonSpace()
    if (token.kind === 'text') return { kind: 'text', at: token.at, text: token.text }
    if (token.kind !== 'left-delimiter') throw this.#unexpected(token, 'input')
    this.#scope.actionLine = token.line
    const node = this.#action()
    this.#scope.actionLine = 0
    return node
  }

  #action(): StatementNode | EndNode {
    const token = this.#nextNonSpace()
    switch (token.kind) {
      case 'block':
        return this.#block()
      case 'break':
      case 'continue':
        return this.#leave(token.kind, token)
      case 'else':
        return this.#else()
      case 'end':
        return { kind: 'end', at: this.#expect('right-delimiter', 'end').at }
      case 'if':
      case 'range':
      case 'with':
        return this.#control(token.kind)
      case 'template':
        return this.#template()
      default:
        this.#pending.push(token)
        return { kind: 'action', at: token.at, pipe: this.#pipeline('command', 'right-delimiter') }
    }
  }

  #leave(kind: 'break' | 'continue', { at }: Token): StatementNode {
    const token = this.#nextNonSpace()
    if (token.kind !== 'right-delimiter') throw this.#unexpected(token, `{{${kind}}}`)
    if (this.#scope.rangeDepth === 0) throw this.#fault(`{{${kind}}} outside {{range}}`)
    return { kind, at }
  }

  /** `{{else if …}}` leaves the `if` for the control structure to find. */
  #else(): EndNode {
    const next = this.#peekNonSpace()
    if (next.kind === 'if' || next.kind === 'with') return { kind: 'else', at: next.at }
    return { kind: 'else', at: this.#expect('right-delimiter', 'else').at }
  }

  #control(kind: 'if' | 'range' | 'with'): StatementNode {
    return this.#nested(() => {
      const known = this.#scope.variables.length
      const pipe = this.#pipeline(kind, 'right-delimiter')
      if (kind === 'range') this.#scope.rangeDepth++
      const [list, next] = this.#itemList()
      if (kind === 'range') this.#scope.rangeDepth--
      const elseList = next.kind === 'else' ? this.#elseList(kind, next.at) : undefined
      this.#scope.variables.length = known
      return { kind, at: pipe.at, pipe, list, elseList }
    })
  }

  #elseList(kind: 'if' | 'range' | 'with', at: number): ListNode {
    if (kind !== 'range' && this.#peek().kind === kind) {
      this.#next()
      return { kind: 'list', at, nodes: [this.#control(kind)] }
    }
    const [list, end] = this.#itemList()
    if (end.kind !== 'end') throw this.#fault(`expected end; found ${textOfNode(end)}`)
    return list
  }

  #block(): StatementNode {
    const context = 'block clause'
    const token = this.#nextNonSpace()
    const name = this.#templateName(token, context)
    const pipe = this.#pipeline(context, 'right-delimiter')
    this.#inNewScope(() =>
      this.#add(
        name,
        this.#nested(() => this.#body(context)),
      ),
    )
    return { kind: 'template', at: token.at, name, pipe }
  }

  #template(): StatementNode {
    const context = 'template clause'
    const token = this.#nextNonSpace()
    const name = this.#templateName(token, context)
    const next = this.#nextNonSpace()
    if (next.kind === 'right-delimiter') return { kind: 'template', at: token.at, name, pipe: undefined }
    this.#pending.push(next)
    return { kind: 'template', at: token.at, name, pipe: this.#pipeline(context, 'right-delimiter') }
  }

  #templateName(token: Token, context: string): string {
    if (token.kind !== 'string' && token.kind !== 'raw-string') throw this.#unexpected(token, context)
    return this.#read(() => unquote(token.text))
  }

  #pipeline(context: string, end: TokenKind): PipeNode {
    const pipe: PipeNode = {
      kind: 'pipe',
      at: this.#peekNonSpace().at,
      isAssign: false,
      declarations: [],
      commands: [],
    }
    this.#declarations(pipe, context)
    while (true) {
      const token = this.#nextNonSpace()
      if (token.kind === end) break
      if (!operandKinds.includes(token.kind)) throw this.#unexpected(token, context)
      this.#pending.push(token)
      pipe.commands.push(this.#command())
    }
    this.#checkPipeline(pipe, context)
    return pipe
  }

  /** `$x :=`, `$x =`, and in a range `$i, $x :=`. */
  #declarations(pipe: PipeNode, context: string): void {
    const variable = this.#peekNonSpace()
    if (variable.kind !== 'variable') return
    this.#next()
    const behind = this.#peek()
    const next = this.#peekNonSpace()
    const isComma = next.kind === 'char' && next.text === ','
    if (next.kind !== 'assign' && next.kind !== 'declare' && !isComma) {
      if (behind.kind === 'space') this.#pending.push(behind)
      this.#pending.push(variable)
      return
    }
    this.#nextNonSpace()
    pipe.declarations.push({ kind: 'variable', at: variable.at, names: variable.text.split('.') })
    this.#scope.variables.push(variable.text)
    if (!isComma) pipe.isAssign = next.kind === 'assign'
    else this.#secondDeclaration(pipe, context)
  }

  #secondDeclaration(pipe: PipeNode, context: string): void {
    if (context !== 'range' || pipe.declarations.length >= 2) {
      throw this.#fault(`too many declarations in ${context}`)
    }
    const { kind } = this.#peekNonSpace()
    if (kind !== 'variable' && kind !== 'right-delimiter' && kind !== 'right-paren') {
      throw this.#fault('range can only initialize variables')
    }
    this.#declarations(pipe, context)
  }

  #checkPipeline({ commands }: PipeNode, context: string): void {
    if (commands.length === 0) throw this.#fault(`missing value for ${context}`)
    const at = commands.findIndex(
      ({ args }, index) =>
        index > 0 && ['bool', 'dot', 'nil', 'number', 'string'].includes((args[0] as OperandNode).kind),
    )
    if (at > 0) throw this.#fault(`non executable command in pipeline stage ${at + 1}`)
  }

  #command(): CommandNode {
    const command: CommandNode = { kind: 'command', at: this.#peekNonSpace().at, args: [] }
    while (true) {
      this.#peekNonSpace()
      const operand = this.#operand()
      if (operand !== undefined) command.args.push(operand)
      const token = this.#next()
      if (token.kind === 'space') continue
      if (token.kind === 'right-delimiter' || token.kind === 'right-paren') this.#pending.push(token)
      else if (token.kind !== 'pipe') throw this.#unexpected(token, 'operand')
      break
    }
    if (command.args.length === 0) throw this.#fault('empty command')
    return command
  }

  /** A term with the fields that follow it directly. */
  #operand(): OperandNode | undefined {
    const node = this.#term()
    if (node === undefined || this.#peek().kind !== 'field') return node
    const chain: ChainNode = { kind: 'chain', at: this.#peek().at, node, fields: [] }
    while (this.#peek().kind === 'field') chain.fields.push(this.#next().text.slice(1))
    switch (node.kind) {
      case 'field':
      case 'variable':
        return { ...node, at: chain.at, names: [...node.names, ...chain.fields] }
      case 'bool':
      case 'string':
      case 'number':
      case 'nil':
      case 'dot':
        throw this.#fault(`unexpected . after term ${quote(textOfNode(node))}`)
      default:
        return chain
    }
  }

  #term(): OperandNode | undefined {
    const token = this.#nextNonSpace()
    const { at, text } = token
    switch (token.kind) {
      case 'identifier':
        if (!this.#functions.has(text)) throw this.#fault(`function ${quote(text)} not defined`)
        return { kind: 'identifier', at, name: text }
      case 'dot':
      case 'nil':
        return { kind: token.kind, at }
      case 'variable':
        return this.#useVariable(token)
      case 'field':
        return { kind: 'field', at, names: text.slice(1).split('.') }
      case 'bool':
        return { kind: 'bool', at, isTrue: text === 'true' }
      case 'char-constant':
      case 'complex':
      case 'number':
        return { kind: 'number', at, text, constant: this.#read(() => numberConstant(text, token.kind)) }
      case 'left-paren':
        return this.#nested(() => this.#pipeline('parenthesized pipeline', 'right-paren'))
      case 'string':
      case 'raw-string':
        return { kind: 'string', at, quoted: text, text: this.#read(() => unquote(text)) }
      default:
        this.#pending.push(token)
        return undefined
    }
  }

  #useVariable({ at, text }: Token): VariableNode {
    if (!this.#scope.variables.includes(text)) throw this.#fault(`undefined variable ${quote(text)}`)
    return { kind: 'variable', at, names: [text] }
  }

  #nested<Result>(parse: () => Result): Result {
    if (++this.#nesting > MAX_NESTING) throw this.#fault('max expression depth exceeded')
    const result = parse()
    this.#nesting--
    return result
  }

  /** Reads a literal; what is wrong with it is said with the line. */
  #read<Result>(read: () => Result): Result {
    try {
      return read()
    } catch (error) {
      throw error instanceof Fault ? this.#fault(error.message) : error
    }
  }

  #next(): Token {
    const pending = this.#pending.pop()
    if (pending !== undefined) return pending
    this.#latest = this.#lexer.next()
    return this.#latest
  }

  #peek(): Token {
    const token = this.#next()
    this.#pending.push(token)
    return token
  }

  #nextNonSpace(): Token {
    while (true) {
      const token = this.#next()
      if (token.kind !== 'space') return token
    }
  }

  #peekNonSpace(): Token {
    const token = this.#nextNonSpace()
    this.#pending.push(token)
    return token
  }

  #expect(kind: TokenKind, context: string): Token {
    const token = this.#nextNonSpace()
    if (token.kind !== kind) throw this.#unexpected(token, context)
    return token
  }

  #unexpected(token: Token, context: string): Fault {
    if (token.kind !== 'error') return this.#fault(`unexpected ${describeToken(token)} in ${context}`)
    const { actionLine } = this.#scope
    if (actionLine === 0 || actionLine === token.line) return this.#fault(token.text)
    const place = ` started at ${this.#name}:${actionLine}`
    return this.#fault(token.text + (token.text.endsWith(' action') ? place : ` in action${place}`))
  }

  #fault(message: string, line = this.#latest?.line ?? 0): Fault {
    return templateFault('parse', `template: ${this.#name}:${line}: ${message}`)
  }
}

const isEnd = (node: StatementNode | EndNode): node is EndNode => node.kind === 'end' || node.kind === 'else'

/** Whether a template has nothing but space. */
const isEmpty = ({ nodes }: ListNode): boolean =>
  nodes.every((node) => node.kind === 'text' && trimSpace(node.text) === '')
