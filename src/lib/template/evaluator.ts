import { Fault } from '../fault.ts'
import { byteLength } from '../go/byte-text.ts'
import { type GoValue, goBool, goString, goTypeName } from '../go/fmt-value.ts'
import { quote } from '../go/strconv-quote.ts'
import { type Builtin, builtins, isTrue } from './builtins.ts'
import {
  type AnyNode,
  type ChainNode,
  type CommandNode,
  type IdentifierNode,
  type OperandNode,
  type PipeNode,
  textOfNode,
  type VariableNode,
} from './nodes.ts'
import { templateFault } from './template-fault.ts'

/** One running template: its name and its variables, the latest last. */
export type Scope = { name: string; variables: { name: string; value: GoValue }[]; depth: number }

/** Most commands and statements one rendering may take. */
const MAX_STEPS = 1_000_000

/** What a pipeline passes on; undefined when nothing was before. */
type Final = GoValue | undefined

type Constant = OperandNode & { kind: 'bool' | 'number' | 'string' }
type Word = Constant | (OperandNode & { kind: 'dot' | 'nil' })

/** Evaluates pipelines, and says where it was when something failed. */
export class Evaluator {
  readonly #text: string
  readonly #name: string
  /** What is being evaluated, for messages. */
  #node: AnyNode | undefined
  #steps = 0

  /** `name` is that of the whole text. */
  constructor(text: string, name: string) {
    this.#text = text
    this.#name = name
  }

  at(node: AnyNode): void {
    this.#node = node
  }

  /** Counts a step; too many are refused. */
  step(scope: Scope): void {
    if (++this.#steps > MAX_STEPS) throw this.fault(scope, `exceeded maximum number of steps (${MAX_STEPS})`)
  }

  /** The value of a pipeline, also given to the variables it declares. */
  pipeline(scope: Scope, dot: GoValue, pipe: PipeNode): GoValue {
    this.at(pipe)
    let final: Final
    for (const command of pipe.commands) final = this.#command(scope, dot, command, final)
    const value = final ?? null
    for (const { names } of pipe.declarations) {
      const name = names[0] as string
      if (pipe.isAssign) this.assign(scope, name, value)
      else scope.variables.push({ name, value })
    }
    return value
  }

  assign(scope: Scope, name: string, value: GoValue): void {
    this.#variable(scope, name).value = value
  }

  fault(scope: Scope, message: string): Fault {
    if (this.#node === undefined) return templateFault('execute', `template: ${scope.name}: ${message}`)
    const lineStart = this.#text.lastIndexOf('\n', this.#node.at - 1) + 1
    const line = this.#text.slice(0, this.#node.at).split('\n').length
    const column = byteLength(this.#text.slice(lineStart, this.#node.at))
    const place = `${this.#name}:${line}:${column}: executing ${quote(scope.name)} at <${textOfNode(this.#node)}>`
    return templateFault('execute', `template: ${place}: ${message}`)
  }

  #command(scope: Scope, dot: GoValue, command: CommandNode, final: Final): GoValue {
    this.step(scope)
    const [first, ...args] = command.args as [OperandNode, ...OperandNode[]]
    switch (first.kind) {
      case 'field':
        this.at(first)
        return this.#fields(scope, dot, first.names, args.length > 0 || final !== undefined)
      case 'chain':
        return this.#chain(scope, dot, first, args.length > 0 || final !== undefined)
      case 'identifier':
        return this.#call(scope, dot, first, command, args, final)
      case 'pipe':
        this.#refuseArguments(scope, command, final)
        return this.pipeline(scope, dot, first)
      case 'variable':
        return this.#variableWithFields(scope, first, () => this.#refuseArguments(scope, command, final), args, final)
      default:
        this.at(first)
        this.#refuseArguments(scope, command, final)
        return this.#word(scope, dot, first)
    }
  }

  #word(scope: Scope, dot: GoValue, word: Word): GoValue {
    if (word.kind === 'dot') return dot
    if (word.kind === 'nil') throw this.fault(scope, 'nil is not a command')
    return this.#constant(scope, word)
  }

  #refuseArguments(scope: Scope, { args }: CommandNode, final: Final): void {
    if (args.length === 1 && final === undefined) return
    throw this.fault(scope, `can't give argument to non-function ${textOfNode(args[0] as OperandNode)}`)
  }

  #constant(scope: Scope, node: Constant): GoValue {
    if (node.kind === 'bool') return goBool(node.isTrue)
    if (node.kind === 'string') return goString(node.text)
    this.at(node)
    if ('overflows' in node.constant) throw this.fault(scope, `${node.text} overflows int`)
    return node.constant.value
  }

  #variableWithFields(
    scope: Scope,
    node: VariableNode,
    refuseArguments: () => void,
    args: readonly OperandNode[],
    final: Final,
  ): GoValue {
    this.at(node)
    const [name, ...fields] = node.names as [string, ...string[]]
    const { value } = this.#variable(scope, name)
    if (fields.length > 0) return this.#fields(scope, value, fields, args.length > 0 || final !== undefined)
    refuseArguments()
    return value
  }

  #variable(scope: Scope, name: string): { value: GoValue } {
    const variable = scope.variables.findLast((each) => each.name === name)
    if (variable === undefined) throw this.fault(scope, `undefined variable: ${name}`)
    return variable
  }

  #chain(scope: Scope, dot: GoValue, chain: ChainNode, hasArguments: boolean): GoValue {
    this.at(chain)
    if (chain.node.kind === 'nil') {
      throw this.fault(scope, `indirection through explicit nil in ${textOfNode(chain)}`)
    }
    return this.#fields(scope, this.#argument(scope, dot, chain.node, 'any'), chain.fields, hasArguments)
  }

  /** `.a.b`: only the last of them could take arguments, if it were a method. */
  #fields(scope: Scope, receiver: GoValue, names: readonly string[], hasArguments: boolean): GoValue {
    return names.reduce<GoValue>(
      (value, name, at) => this.#field(scope, value, name, hasArguments && at === names.length - 1),
      receiver,
    )
  }

  #field(scope: Scope, receiver: GoValue, name: string, hasArguments: boolean): GoValue {
    if (receiver === null) throw this.fault(scope, `nil data; no entry for key ${quote(name)}`)
    if (receiver.kind !== 'map') {
      throw this.fault(scope, `can't evaluate field ${name} in type ${goTypeName(receiver)}`)
    }
    if (hasArguments) throw this.fault(scope, `${name} is not a method but has arguments`)
    const value = receiver.entries?.get(name)
    if (value === undefined) throw this.fault(scope, `map has no entry for key ${quote(name)}`)
    return goString(value)
  }

  /** Calls a function; `node` is what a failure of the function itself points at. */
  #call(
    scope: Scope,
    dot: GoValue,
    { name, ...identifier }: IdentifierNode,
    node: AnyNode,
    args: readonly OperandNode[],
    final: Final,
  ): GoValue {
    this.at({ name, ...identifier })
    const builtin = builtins[name] as Builtin
    this.#checkCount(scope, builtin, name, args.length, final)
    if (name === 'and' || name === 'or') return this.#shortCircuit(scope, dot, name, args, final)
    const values = args.map((arg, at) => this.#argument(scope, dot, arg, builtin.fixed[at] ?? 'any'))
    if (final !== undefined) values.push(this.#checked(scope, final, builtin.fixed[values.length] ?? 'any'))
    try {
      return builtin.run(values)
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      this.at(node)
      const callee = name === 'call' && values[0] !== null ? `non-function ${calleeName(args[0], final)} ` : ''
      throw this.fault(scope, `error calling ${name}: ${callee}${error.message}`)
    }
  }

  #checkCount(scope: Scope, { fixed, isVariadic }: Builtin, name: string, given: number, final: Final): void {
    const count = given + Number(final !== undefined)
    if (isVariadic && count < fixed.length) {
      throw this.fault(scope, `wrong number of args for ${name}: want at least ${fixed.length} got ${given}`)
    }
    if (!isVariadic && count !== fixed.length) {
      throw this.fault(scope, `wrong number of args for ${name}: want ${fixed.length} got ${count}`)
    }
  }

  #shortCircuit(scope: Scope, dot: GoValue, name: 'and' | 'or', args: readonly OperandNode[], final: Final): GoValue {
    let value: GoValue = null
    for (const arg of args) {
      value = this.#argument(scope, dot, arg, 'any')
      if (isTrue(value) === (name === 'or')) return value
    }
    return final === undefined ? value : final
  }

  #argument(scope: Scope, dot: GoValue, node: OperandNode, type: 'any' | 'string'): GoValue {
    this.at(node)
    switch (node.kind) {
      case 'dot':
        return this.#checked(scope, dot, type)
      case 'nil':
        if (type === 'any') return null
        throw this.fault(scope, `cannot assign nil to ${type}`)
      case 'field':
        return this.#checked(scope, this.#fields(scope, dot, node.names, false), type)
      case 'variable':
        return this.#checked(
          scope,
          this.#variableWithFields(scope, node, () => {}, [], undefined),
          type,
        )
      case 'pipe':
        return this.#checked(scope, this.pipeline(scope, dot, node), type)
      case 'identifier':
        return this.#checked(scope, this.#call(scope, dot, node, node, [], undefined), type)
      case 'chain':
        return this.#checked(scope, this.#chain(scope, dot, node, false), type)
      default:
        if (type === 'any' || node.kind === 'string') return this.#constant(scope, node)
        throw this.fault(scope, `expected string; found ${textOfNode(node)}`)
    }
  }

  #checked(scope: Scope, value: GoValue, type: 'any' | 'string'): GoValue {
    if (type === 'any' || value?.kind === 'string') return value
    if (value === null) throw this.fault(scope, `invalid value; expected ${type}`)
    throw this.fault(scope, `wrong type for value; expected ${type}; got ${goTypeName(value)}`)
  }
}

/** How a message names what was called: the template text, or a piped value as Go's reflection shows it. */
function calleeName(node: OperandNode | undefined, final: Final): string {
  if (node !== undefined) return textOfNode(node)
  return final?.kind === 'string' ? final.text : `<${goTypeName(final ?? null)} Value>`
}
