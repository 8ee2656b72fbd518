import { quote } from '../go/strconv-quote.ts'
import { unquote } from '../go/strconv-unquote.ts'
import {
  type ChainNode,
  type CommandNode,
  type OperandNode,
  type PipeNode,
  textOfNode,
  type VariableNode,
} from './nodes.ts'
import { numberConstant } from './number-constant.ts'
import type { ParseContext } from './parse-context.ts'
import type { Token, TokenKind } from './token.ts'

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

/** What stands inside `{{…}}`: declarations, commands, operands. */
export class PipelineParser {
  readonly #context: ParseContext

  constructor(context: ParseContext) {
    this.#context = context
  }

  /** A pipeline up to the token `end`; `context` is what messages call the place. */
  pipeline(context: string, end: TokenKind): PipeNode {
    const pipe: PipeNode = {
      kind: 'pipe',
      at: this.#context.peekNonSpace().at,
      isAssign: false,
      declarations: [],
      commands: [],
    }
    this.#declarations(pipe, context)
    while (true) {
      const token = this.#context.nextNonSpace()
      if (token.kind === end) break
      if (!operandKinds.includes(token.kind)) throw this.#context.unexpected(token, context)
      this.#context.putBack(token)
      pipe.commands.push(this.#command())
    }
    this.#checkPipeline(pipe, context)
    return pipe
  }

  /** `$x :=`, `$x =`, and in a range `$i, $x :=`. */
  #declarations(pipe: PipeNode, context: string): void {
    const variable = this.#context.peekNonSpace()
    if (variable.kind !== 'variable') return
    this.#context.next()
    const behind = this.#context.peek()
    const next = this.#context.peekNonSpace()
    const isComma = next.kind === 'char' && next.text === ','
    if (next.kind !== 'assign' && next.kind !== 'declare' && !isComma) {
      if (behind.kind === 'space') this.#context.putBack(behind)
      this.#context.putBack(variable)
      return
    }
    this.#context.nextNonSpace()
    pipe.declarations.push({ kind: 'variable', at: variable.at, names: variable.text.split('.') })
    this.#context.scope.variables.push(variable.text)
    if (!isComma) pipe.isAssign = next.kind === 'assign'
    else this.#secondDeclaration(pipe, context)
  }

  #secondDeclaration(pipe: PipeNode, context: string): void {
    if (context !== 'range' || pipe.declarations.length >= 2) {
      throw this.#context.fault(`too many declarations in ${context}`)
    }
    const { kind } = this.#context.peekNonSpace()
    if (kind !== 'variable' && kind !== 'right-delimiter' && kind !== 'right-paren') {
      throw this.#context.fault('range can only initialize variables')
    }
    this.#declarations(pipe, context)
  }

  #checkPipeline({ commands }: PipeNode, context: string): void {
    if (commands.length === 0) throw this.#context.fault(`missing value for ${context}`)
    const at = commands.findIndex(
      ({ args }, index) =>
        index > 0 && ['bool', 'dot', 'nil', 'number', 'string'].includes((args[0] as OperandNode).kind),
    )
    if (at > 0) throw this.#context.fault(`non executable command in pipeline stage ${at + 1}`)
  }

  #command(): CommandNode {
    const command: CommandNode = { kind: 'command', at: this.#context.peekNonSpace().at, args: [] }
    while (true) {
      this.#context.peekNonSpace()
      const operand = this.#operand()
      if (operand !== undefined) command.args.push(operand)
      const token = this.#context.next()
      if (token.kind === 'space') continue
      if (token.kind === 'right-delimiter' || token.kind === 'right-paren') this.#context.putBack(token)
      else if (token.kind !== 'pipe') throw this.#context.unexpected(token, 'operand')
      break
    }
    if (command.args.length === 0) throw this.#context.fault('empty command')
    return command
  }

  /** A term with the fields that follow it directly. */
  #operand(): OperandNode | undefined {
    const node = this.#term()
    if (node === undefined || this.#context.peek().kind !== 'field') return node
    const chain: ChainNode = { kind: 'chain', at: this.#context.peek().at, node, fields: [] }
    while (this.#context.peek().kind === 'field') chain.fields.push(this.#context.next().text.slice(1))
    switch (node.kind) {
      case 'field':
      case 'variable':
        return { ...node, at: chain.at, names: [...node.names, ...chain.fields] }
      case 'bool':
      case 'string':
      case 'number':
      case 'nil':
      case 'dot':
        throw this.#context.fault(`unexpected . after term ${quote(textOfNode(node))}`)
      default:
        return chain
    }
  }

  #term(): OperandNode | undefined {
    const token = this.#context.nextNonSpace()
    const { at, text } = token
    switch (token.kind) {
      case 'identifier':
        if (!this.#context.functions.has(text)) throw this.#context.fault(`function ${quote(text)} not defined`)
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
        return { kind: 'number', at, text, constant: this.#context.read(() => numberConstant(text, token.kind)) }
      case 'left-paren':
        return this.#context.nested(() => this.pipeline('parenthesized pipeline', 'right-paren'))
      case 'string':
      case 'raw-string':
        return { kind: 'string', at, quoted: text, text: this.#context.read(() => unquote(text)) }
      default:
        this.#context.putBack(token)
        return undefined
    }
  }

  #useVariable({ at, text }: Token): VariableNode {
    if (!this.#context.scope.variables.includes(text)) throw this.#context.fault(`undefined variable ${quote(text)}`)
    return { kind: 'variable', at, names: [text] }
  }
}
