import { Fault } from '../fault.ts'
import { Lexer } from './lexer.ts'
import { templateFault } from './template-fault.ts'
import { describeToken, type Token, type TokenKind } from './token.ts'

/** Deepest nesting of parentheses and control structures. */
const MAX_NESTING = 500

/** The part of a template that is being parsed: variables known here and whether a loop surrounds it. */
type Scope = { variables: string[]; rangeDepth: number; actionLine: number }
const newScope = (): Scope => ({ variables: ['$'], rangeDepth: 0, actionLine: 0 })

/** What all parts of the parser share: the tokens with some lookahead, the scope, and how mistakes are told. */
export class ParseContext {
  readonly functions: ReadonlySet<string>
  scope = newScope()
  readonly #lexer: Lexer
  readonly #name: string
  /** Tokens put back; the last is next. */
  readonly #pending: Token[] = []
  /** Line of the token the lexer gave last, which messages name. */
  #latestLine = 0
  #nesting = 0

  /** `name` is that of the whole text and stands in messages. */
  constructor(text: string, name: string, functions: ReadonlySet<string>) {
    this.#lexer = new Lexer(text)
    this.#name = name
    this.functions = functions
  }

  get latestLine(): number {
    return this.#latestLine
  }

  next(): Token {
    const pending = this.#pending.pop()
    if (pending !== undefined) return pending
    const token = this.#lexer.next()
    this.#latestLine = token.line
    return token
  }

  /** Puts tokens back; the last given is next. */
  putBack(...tokens: Token[]): void {
    this.#pending.push(...tokens)
  }

  peek(): Token {
    const token = this.next()
    this.putBack(token)
    return token
  }

  nextNonSpace(): Token {
    while (true) {
      const token = this.next()
      if (token.kind !== 'space') return token
    }
  }

  peekNonSpace(): Token {
    const token = this.nextNonSpace()
    this.putBack(token)
    return token
  }

  expect(kind: TokenKind, where: string): Token {
    const token = this.nextNonSpace()
    if (token.kind !== kind) throw this.unexpected(token, where)
    return token
  }

  /** Parses a named template, which sees no variables from outside. */
  inNewScope<Result>(parse: () => Result): Result {
    const outer = this.scope
    this.scope = newScope()
    const result = parse()
    this.scope = outer
    return result
  }

  nested<Result>(parse: () => Result): Result {
    if (++this.#nesting > MAX_NESTING) throw this.fault('max expression depth exceeded')
    const result = parse()
    this.#nesting--
    return result
  }

  /** Reads a literal; what is wrong with it is said with the line. */
  read<Result>(read: () => Result): Result {
    try {
      return read()
    } catch (error) {
      throw error instanceof Fault ? this.fault(error.message) : error
    }
  }

  unexpected(token: Token, where: string): Fault {
    if (token.kind !== 'error') return this.fault(`unexpected ${describeToken(token)} in ${where}`)
    const { actionLine } = this.scope
    if (actionLine === 0 || actionLine === token.line) return this.fault(token.text)
    const place = ` started at ${this.#name}:${actionLine}`
    return this.fault(token.text + (token.text.endsWith(' action') ? place : ` in action${place}`))
  }

  fault(message: string, line = this.#latestLine): Fault {
    return templateFault('parse', `template: ${this.#name}:${line}: ${message}`)
  }
}
