import { messageOf } from '../fault.ts'
import { labelKeyProblems } from './label-rules.ts'
import { type Token, tokensOf } from './lexer.ts'
import { type CheckedRequirement, checkRequirement, fieldProblem, selectorFault } from './requirement.ts'

/** Longer texts are refused before they are read. */
const maxSelectorLength = 64 * 1024

/**
 * Reads a label selector (`env=prod,zone in (a,b),!gpu,size>5`; ours also takes the words `gt` and `lt`) as requirements
 * sorted by key. Throws Fault('BadRequest') with the sentence of the Kubernetes library.
 */
export function parseSelector(text: string): CheckedRequirement[] {
  if (text.length > maxSelectorLength) throw selectorFault(`selector is longer than ${maxSelectorLength} characters`)
  const requirements = new Parser(tokensOf(text)).requirements()
  return requirements.sort((a, b) => (a.Key < b.Key ? -1 : a.Key > b.Key ? 1 : 0))
}

class Parser {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  requirements(): CheckedRequirement[] {
    const requirements: CheckedRequirement[] = []
    if (this.#isAt('end')) return requirements
    if (!this.#startsRequirement()) throw this.#unexpected("!, identifier, or 'end of string'")
    for (;;) {
      requirements.push(this.#requirement())
      if (this.#isAt('end')) return requirements
      if (!this.#isAt(',')) throw this.#unexpected("',' or 'end of string'")
      this.#take()
      if (!this.#startsRequirement()) throw this.#unexpected("identifier after ','")
    }
  }

  #requirement(): CheckedRequirement {
    try {
      return checkRequirement(this.#unchecked())
    } catch (error) {
      throw selectorFault(`unable to parse requirement: ${messageOf(error)}`)
    }
  }

  #unchecked(): { Key: string; Operator: string; Values: string[] } {
    const isAbsent = this.#isAt('!')
    if (isAbsent) this.#take()
    if (!this.#isWord()) throw this.#unexpected('identifier')
    const Key = this.#take().text
    const [problem] = fieldProblem('<nil>', Key, labelKeyProblems(Key))
    if (problem !== undefined) throw selectorFault(problem)
    const isAlone = this.#isAt('end') || this.#isAt(',')
    if (isAbsent || isAlone) return { Key, Operator: isAbsent ? '!' : 'exists', Values: [] }
    const Operator = this.#operator()
    const isList = Operator === 'in' || Operator === 'notin'
    return { Key, Operator, Values: isList ? this.#list() : [this.#value()] }
  }

  #operator(): string {
    const { kind, text } = this.#token()
    const words: Record<string, string> = { '>': 'gt', '<': 'lt', gt: 'gt', lt: 'lt' }
    const isOperator = ['=', '==', '!=', 'in', 'notin'].includes(kind)
    const operator = isOperator ? text : Object.hasOwn(words, text) ? words[text] : undefined
    if (operator === undefined) throw this.#unexpected('in, notin, =, ==, !=, gt, lt')
    this.#take()
    return operator
  }

  #value(): string {
    if (this.#isAt('end') || this.#isAt(',')) return ''
    if (!this.#isWord()) throw this.#unexpected('identifier')
    return this.#take().text
  }

  /** `(a,b)`; an empty place between commas is the empty value. Sorted, without doubles. */
  #list(): string[] {
    if (!this.#isAt('(')) throw selectorFault(`found '${this.#token().text}' expected: '('`)
    this.#take()
    const values = new Set<string>()
    const isFilled = this.#isWord() || this.#isAt(',') || this.#isAt(')')
    if (!isFilled) throw this.#unexpected("',', ')' or identifier")
    for (;;) {
      if (this.#isWord()) {
        values.add(this.#take().text)
        if (!this.#isAt(',') && !this.#isAt(')')) throw this.#unexpected("',' or ')'")
      } else if (this.#isAt(',') || this.#isAt(')')) values.add('')
      else throw this.#unexpected("',', or identifier")
      if (this.#take().kind === ')') return [...values].sort()
    }
  }

  #startsRequirement(): boolean {
    return this.#isWord() || this.#isAt('!')
  }

  /** `in` and `notin` are words where a key or a value is due. */
  #isWord(): boolean {
    return ['word', 'in', 'notin'].includes(this.#token().kind)
  }

  #isAt(kind: Token['kind']): boolean {
    return this.#token().kind === kind
  }

  #token(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: '' }
  }

  #take(): Token {
    const token = this.#token()
    this.#at++
    return token
  }

  #unexpected(expected: string): Error {
    return selectorFault(`found '${this.#token().text}', expected: ${expected}`)
  }
}
