import { isBlankOrEnd, isBreak, isEnd, isOneOf, SPACE, TAB } from './characters.ts'
import { Cursor } from './cursor.ts'
import { scanAnchor, scanDirective, scanTag } from './scan-properties.ts'
import { isAtDocumentIndicator, scanBlockScalar, scanFault, scanPlainScalar, scanQuotedScalar } from './scan-scalars.ts'
import { type Token, type TokenKind, tokenOf } from './token.ts'
import { type Mark, yamlFault } from './yaml-fault.ts'

/** A place where a key without `?` may have begun; known to be one only when its `:` comes. */
type SimpleKey = { isPossible: boolean; isRequired: boolean; tokenNumber: number; mark: Mark }

/** Deepest nesting a text may have. */
export const MAX_DEPTH = 1000
const MAX_SIMPLE_KEY_LENGTH = 1024

/**
 * Text to tokens by the rules of YAML 1.1 as Go's reader applies them, its oddities included (`[]: v` is the list
 * alone). Reads only as far ahead as it must, so that what follows the first document is not looked at.
 */
export class Scanner {
  readonly #cursor: Cursor
  #tokens: Token[] = []
  /** Tokens already taken out of the front of `#tokens`, and how many were handed out before those. */
  #head = 0
  #tokensTaken = 0
  #isStarted = false
  #isEnded = false
  /** Column of the current block, -1 outside; the enclosing ones are in `#indents`. */
  #indent = -1
  readonly #indents: number[] = []
  #flowLevel = 0
  #isKeyAllowed = false
  /** One per flow level. */
  readonly #keys: SimpleKey[] = []
  readonly #keyByToken = new Map<number, SimpleKey>()

  constructor(text: string) {
    this.#cursor = new Cursor(text)
  }

  /** The next token, left where it is. */
  peek(): Token {
    while (this.#needsMore()) this.#fetch()
    return this.#tokens[this.#head] as Token
  }

  /** Takes the token that `peek` showed. */
  take(): Token {
    const token = this.peek()
    this.#head++
    this.#tokensTaken++
    if (this.#head > 64 && this.#head * 2 > this.#tokens.length) {
      this.#tokens = this.#tokens.slice(this.#head)
      this.#head = 0
    }
    return token
  }

  #needsMore(): boolean {
    if (this.#isEnded) return false
    if (this.#head === this.#tokens.length) return true
    const key = this.#keyByToken.get(this.#tokensTaken)
    return key !== undefined && this.#isStillPossible(key)
  }

  #fetch(): void {
    if (!this.#isStarted) return this.#fetchStreamStart()
    this.#skipToNextToken()
    this.#unrollIndent(this.#cursor.column)
    const code = this.#cursor.code()
    if (isEnd(code)) return this.#fetchStreamEnd()
    if (this.#cursor.column === 0 && this.#cursor.is('%')) return this.#fetchDirective()
    if (isAtDocumentIndicator(this.#cursor)) return this.#fetchDocumentIndicator()
    const isBeforeBlank = isBlankOrEnd(this.#cursor.code(1))
    switch (String.fromCharCode(code)) {
      case '[':
        return this.#fetchFlowStart('flow-sequence-start')
      case '{':
        return this.#fetchFlowStart('flow-mapping-start')
      case ']':
        return this.#fetchFlowEnd('flow-sequence-end')
      case '}':
        return this.#fetchFlowEnd('flow-mapping-end')
      case ',':
        return this.#fetchFlowEntry()
      case '-':
        return isBeforeBlank ? this.#fetchBlockEntry() : this.#fetchPlain()
      case '?':
        return isBeforeBlank || this.#flowLevel > 0 ? this.#fetchKey() : this.#fetchPlain()
      case ':':
        return isBeforeBlank || this.#flowLevel > 0 ? this.#fetchValue() : this.#fetchPlain()
      case '*':
        return this.#fetchProperty(() => scanAnchor(this.#cursor, 'alias'))
      case '&':
        return this.#fetchProperty(() => scanAnchor(this.#cursor, 'anchor'))
      case '!':
        return this.#fetchProperty(() => scanTag(this.#cursor))
      case "'":
        return this.#fetchProperty(() => scanQuotedScalar(this.#cursor, "'"))
      case '"':
        return this.#fetchProperty(() => scanQuotedScalar(this.#cursor, '"'))
      case '|':
      case '>':
        if (this.#flowLevel === 0) return this.#fetchBlockScalar(code === 0x7c)
    }
    if (isBlankOrEnd(code) || isOneOf(code, '#|>%@`')) {
      throw scanFault('found character that cannot start any token', this.#cursor, this.#cursor.mark())
    }
    this.#fetchPlain()
  }

  /** Blanks, comments and line breaks; tabs only where they cannot be taken for indentation. */
  #skipToNextToken(): void {
    const cursor = this.#cursor
    while (true) {
      if (cursor.column === 0 && cursor.is('\ufeff')) cursor.skip()
      const areTabsAllowed = this.#flowLevel > 0 || !this.#isKeyAllowed
      cursor.takeWhile((code) => code === SPACE || (areTabsAllowed && code === TAB))
      if (cursor.is('#')) cursor.takeWhile((code) => !isBreak(code))
      if (!isBreak(cursor.code())) return
      cursor.readLine()
      if (this.#flowLevel === 0) this.#isKeyAllowed = true
    }
  }

  #fetchStreamStart(): void {
    this.#isStarted = true
    this.#isKeyAllowed = true
    this.#keys.push({ isPossible: false, isRequired: false, tokenNumber: 0, mark: this.#cursor.mark() })
    this.#push('stream-start', 0)
  }

  #fetchStreamEnd(): void {
    if (this.#cursor.column !== 0) this.#cursor.newLine()
    this.#leaveBlocks()
    this.#isEnded = true
    this.#push('stream-end', 0)
  }

  #fetchDirective(): void {
    this.#leaveBlocks()
    this.#tokens.push(scanDirective(this.#cursor))
  }

  #fetchDocumentIndicator(): void {
    this.#leaveBlocks()
    this.#push(this.#cursor.is('-') ? 'document-start' : 'document-end', 3)
  }

  #leaveBlocks(): void {
    this.#unrollIndent(-1)
    this.#removeSimpleKey()
    this.#isKeyAllowed = false
  }

  #fetchFlowStart(kind: 'flow-sequence-start' | 'flow-mapping-start'): void {
    this.#saveSimpleKey()
    const mark = this.#cursor.mark()
    this.#keys.push({ isPossible: false, isRequired: false, tokenNumber: this.#nextTokenNumber(), mark })
    this.#flowLevel++
    this.#checkDepth(this.#flowLevel, mark)
    this.#isKeyAllowed = true
    this.#push(kind, 1)
  }

  #fetchFlowEnd(kind: 'flow-sequence-end' | 'flow-mapping-end'): void {
    this.#removeSimpleKey()
    if (this.#flowLevel > 0) {
      this.#flowLevel--
      // The number is that of the opening bracket unless a key was seen inside, so an empty list or map is never a key.
      this.#keyByToken.delete((this.#keys.pop() as SimpleKey).tokenNumber)
    }
    this.#isKeyAllowed = false
    this.#push(kind, 1)
  }

  #fetchFlowEntry(): void {
    this.#removeSimpleKey()
    this.#isKeyAllowed = true
    this.#push('flow-entry', 1)
  }

  #fetchBlockEntry(): void {
    if (this.#flowLevel === 0) this.#beginBlock('block-sequence-start', 'block sequence entries')
    this.#removeSimpleKey()
    this.#isKeyAllowed = true
    this.#push('block-entry', 1)
  }

  #fetchKey(): void {
    if (this.#flowLevel === 0) this.#beginBlock('block-mapping-start', 'mapping keys')
    this.#removeSimpleKey()
    this.#isKeyAllowed = this.#flowLevel === 0
    this.#push('key', 1)
  }

  #fetchValue(): void {
    const key = this.#currentKey()
    if (this.#isStillPossible(key)) {
      this.#insert(tokenOf('key', key.mark, key.mark), key.tokenNumber)
      this.#rollIndent(key.mark.column, 'block-mapping-start', key.mark, key.tokenNumber)
      key.isPossible = false
      this.#keyByToken.delete(key.tokenNumber)
      this.#isKeyAllowed = false
    } else {
      if (this.#flowLevel === 0) this.#beginBlock('block-mapping-start', 'mapping values')
      this.#isKeyAllowed = this.#flowLevel === 0
    }
    this.#push('value', 1)
  }

  /** Anchors, aliases, tags and quoted scalars: each may begin a key, none may follow another's end as one. */
  #fetchProperty(scan: () => Token): void {
    this.#saveSimpleKey()
    this.#isKeyAllowed = false
    this.#tokens.push(scan())
  }

  #fetchBlockScalar(isLiteral: boolean): void {
    this.#removeSimpleKey()
    this.#isKeyAllowed = true
    this.#tokens.push(scanBlockScalar(this.#cursor, isLiteral, this.#indent))
  }

  #fetchPlain(): void {
    this.#saveSimpleKey()
    const { token, endsOnNewLine } = scanPlainScalar(this.#cursor, this.#indent, this.#flowLevel > 0)
    this.#isKeyAllowed = endsOnNewLine
    this.#tokens.push(token)
  }

  #currentKey(): SimpleKey {
    return this.#keys.at(-1) as SimpleKey
  }

  /** A key stays possible within its line and 1024 characters. */
  #isStillPossible(key: SimpleKey): boolean {
    if (!key.isPossible) return false
    const { line, index } = this.#cursor
    if (key.mark.line >= line && key.mark.index + MAX_SIMPLE_KEY_LENGTH >= index) return true
    this.#refuseIfRequired(key)
    key.isPossible = false
    return false
  }

  #saveSimpleKey(): void {
    if (!this.#isKeyAllowed) return
    this.#removeSimpleKey()
    const isRequired = this.#flowLevel === 0 && this.#indent === this.#cursor.column
    const key = { isPossible: true, isRequired, tokenNumber: this.#nextTokenNumber(), mark: this.#cursor.mark() }
    this.#keys[this.#keys.length - 1] = key
    this.#keyByToken.set(key.tokenNumber, key)
  }

  #removeSimpleKey(): void {
    const key = this.#currentKey()
    if (!key.isPossible) return
    this.#refuseIfRequired(key)
    key.isPossible = false
    this.#keyByToken.delete(key.tokenNumber)
  }

  #refuseIfRequired(key: SimpleKey): void {
    if (key.isRequired) throw scanFault("could not find expected ':'", this.#cursor, key.mark)
  }

  #beginBlock(kind: 'block-sequence-start' | 'block-mapping-start', what: string): void {
    const mark = this.#cursor.mark()
    if (!this.#isKeyAllowed) throw scanFault(`${what} are not allowed in this context`, this.#cursor, mark)
    this.#rollIndent(this.#cursor.column, kind, mark)
  }

  #rollIndent(column: number, kind: TokenKind, mark: Mark, tokenNumber?: number): void {
    if (this.#flowLevel > 0 || this.#indent >= column) return
    this.#indents.push(this.#indent)
    this.#indent = column
    this.#checkDepth(this.#indents.length, mark)
    this.#insert(tokenOf(kind, mark, mark), tokenNumber)
  }

  #unrollIndent(column: number): void {
    if (this.#flowLevel > 0) return
    while (this.#indent > column) {
      this.#push('block-end', 0)
      this.#indent = this.#indents.pop() as number
    }
  }

  #checkDepth(depth: number, mark: Mark): void {
    if (depth <= MAX_DEPTH) return
    throw yamlFault(`exceeded max depth of ${MAX_DEPTH}`, { mark, contextMark: mark, by: 'scanner' })
  }

  #nextTokenNumber(): number {
    return this.#tokensTaken + this.#tokens.length - this.#head
  }

  /** Puts a token before the one with that number; behind all when it is gone already. */
  #insert(token: Token, tokenNumber = -1): void {
    const place = tokenNumber - this.#tokensTaken
    if (tokenNumber < 0 || place < 0) this.#tokens.push(token)
    else this.#tokens.splice(this.#head + place, 0, token)
  }

  #push(kind: TokenKind, length: number): void {
    const start = this.#cursor.mark()
    this.#cursor.skip(length)
    this.#tokens.push(tokenOf(kind, start, this.#cursor.mark()))
  }
}
