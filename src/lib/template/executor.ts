import type { Fault } from '../fault.ts'
import { sprint } from '../go/fmt-print.ts'
import { type GoValue, goString, sortedEntries } from '../go/fmt-value.ts'
import { quote } from '../go/strconv-quote.ts'
import { isTrue } from './builtins.ts'
import { Evaluator, type Scope } from './evaluator.ts'
import type { ListNode, StatementNode } from './nodes.ts'
import type { TemplateSet } from './parser.ts'

/** Deepest chain of templates that call each other, as in Go. */
const MAX_DEPTH = 100_000
/** Longest output, in UTF-16 units. */
const MAX_OUTPUT = 16 * 1024 * 1024

/** Why a list ended early. */
type Signal = 'break' | 'continue' | undefined
/**
 * A part of the execution. It yields the parts inside it and is given their signals. The parts wait on a stack of their
 * own, so that templates may call each other deeper than the language's stack reaches.
 */
type Walk = Generator<Walk, Signal, Signal>

type Control = StatementNode & { kind: 'if' | 'with' | 'range' }

/** Runs a parsed template over a map of texts. `missingkey=error`: a missing name is an error. */
export class Executor {
  readonly #templates: TemplateSet
  readonly #evaluator: Evaluator
  #output = ''

  constructor(templates: TemplateSet, text: string, name: string) {
    this.#templates = templates
    this.#evaluator = new Evaluator(text, name)
  }

  /** Throws Fault('BadRequest') with Go's sentence: `template: <name>:<line>:<column>: executing …`. */
  run(name: string, data: ReadonlyMap<string, string>): string {
    const dot: GoValue = { kind: 'map', entries: data }
    const waiting: Walk[] = [this.#list(newScope(name, dot, 0), dot, this.#templates.get(name) as ListNode)]
    let signal: Signal
    while (waiting.length > 0) {
      const { done, value } = (waiting.at(-1) as Walk).next(signal)
      if (done) {
        waiting.pop()
        signal = value
      } else {
        waiting.push(value)
        signal = undefined
      }
    }
    return this.#output
  }

  *#list(scope: Scope, dot: GoValue, { nodes }: ListNode): Walk {
    for (const node of nodes) {
      this.#evaluator.at(node)
      this.#evaluator.step(scope)
      if (node.kind === 'break' || node.kind === 'continue') return node.kind
      if (node.kind === 'text') {
        this.#write(scope, node.text)
      } else if (node.kind === 'action') {
        const value = this.#evaluator.pipeline(scope, dot, node.pipe)
        if (node.pipe.declarations.length === 0) this.#write(scope, printed(value))
      } else {
        const signal: Signal = yield this.#statement(scope, dot, node)
        if (signal !== undefined) return signal
      }
    }
    return undefined
  }

  #statement(scope: Scope, dot: GoValue, node: Exclude<StatementNode, { kind: 'text' | 'action' | 'break' }>): Walk {
    if (node.kind === 'template') return this.#template(scope, dot, node)
    return node.kind === 'range' ? this.#range(scope, dot, node) : this.#condition(scope, dot, node as Control)
  }

  *#condition(scope: Scope, dot: GoValue, node: Control): Walk {
    const known = scope.variables.length
    const value = this.#evaluator.pipeline(scope, dot, node.pipe)
    let signal: Signal
    if (isTrue(value)) signal = yield this.#list(scope, node.kind === 'with' ? value : dot, node.list)
    else if (node.elseList !== undefined) signal = yield this.#list(scope, dot, node.elseList)
    scope.variables.length = known
    return signal
  }

  *#range(scope: Scope, dot: GoValue, node: Control): Walk {
    const outside = scope.variables.length
    const value = this.#evaluator.pipeline(scope, dot, node.pipe)
    const inside = scope.variables.length
    let isEmpty = true
    for (const [index, element] of this.#elements(scope, node, value)) {
      isEmpty = false
      this.#evaluator.step(scope)
      this.#setLoopVariables(scope, node, index, element)
      const signal: Signal = yield this.#list(scope, element, node.list)
      scope.variables.length = inside
      if (signal === 'break') break
    }
    let signal: Signal
    if (isEmpty && node.elseList !== undefined) signal = yield this.#list(scope, dot, node.elseList)
    scope.variables.length = outside
    return signal
  }

  /** What a range goes through: the entries of a map, or the numbers below a number. */
  *#elements(scope: Scope, { pipe }: Control, value: GoValue): Generator<[GoValue, GoValue]> {
    if (value === null) return
    if (value.kind === 'map') {
      for (const [key, text] of sortedEntries(value.entries)) yield [goString(key), goString(text)]
      return
    }
    if (value.kind !== 'int' && value.kind !== 'uint8') {
      throw this.#evaluator.fault(scope, `range can't iterate over ${sprint(value)}`)
    }
    if (pipe.declarations.length > 1) {
      throw this.#evaluator.fault(scope, `can't use ${sprint(value)} to iterate over more than one variable`)
    }
    for (let number = 0n; number < value.number; number++) yield [null, { ...value, number }]
  }

  #setLoopVariables(scope: Scope, { pipe }: Control, index: GoValue, element: GoValue): void {
    const values = pipe.declarations.length > 1 ? [index, element] : [element]
    pipe.declarations.forEach(({ names }, at) => {
      const value = values[at] as GoValue
      if (pipe.isAssign) this.#evaluator.assign(scope, names[0] as string, value)
      else (scope.variables.at(at - pipe.declarations.length) as { value: GoValue }).value = value
    })
  }

  *#template(scope: Scope, dot: GoValue, node: StatementNode & { kind: 'template' }): Walk {
    const list = this.#templates.get(node.name)
    if (list === undefined) throw this.#evaluator.fault(scope, `template ${quote(node.name)} not defined`)
    if (scope.depth === MAX_DEPTH) {
      throw this.#evaluator.fault(scope, `exceeded maximum template depth (${MAX_DEPTH})`)
    }
    const given = node.pipe === undefined ? null : this.#evaluator.pipeline(scope, dot, node.pipe)
    yield this.#list(newScope(node.name, given, scope.depth + 1), given, list)
    return undefined
  }

  #write(scope: Scope, text: string): void {
    if (this.#output.length + text.length > MAX_OUTPUT) throw this.#tooLong(scope)
    this.#output += text
  }

  #tooLong(scope: Scope): Fault {
    return this.#evaluator.fault(scope, `output is longer than ${MAX_OUTPUT} characters`)
  }
}

/** No template sees the variables of its caller; `$` is what it was given. */
const newScope = (name: string, dot: GoValue, depth: number): Scope => ({
  name,
  variables: [{ name: '$', value: dot }],
  depth,
})

const printed = (value: GoValue): string => (value === null ? '<no value>' : sprint(value))
