import { Fault } from '../fault.ts'
import { byteLength, bytesOfText } from '../go/byte-text.ts'
import { quote } from '../go/strconv-quote.ts'

/** What the reader builds: plain values, or a tree that remembers where everything stood. Offsets are UTF-16 indices. */
export type JsonMaker<T> = {
  literal(value: null | boolean, start: number, end: number): T
  text(value: string, start: number, end: number): T
  number(source: string, start: number, end: number): T
  array(items: T[], start: number, end: number): T
  object(keys: string[], values: T[], start: number, end: number): T
}

/** Where a text stopped being JSON; the `cause` of the Fault that says so. `offset` counts bytes read, as Go does. */
export type JsonSyntaxMistake = { kind: 'syntax'; offset: number }

/** How deep arrays and objects may nest. Go reads ten times as deep; what is written again must not exhaust the stack. */
export const maxDepth = 1_000
const quoteMark = 0x22
const backslash = 0x5c
const longText = 256

type Frame<T> = { keys: string[] | undefined; values: T[]; start: number }

/**
 * Reads JSON by Go's rules and in Go's words when it is none. Without recursion, so that depth costs no stack.
 * Slower than JSON.parse; for texts whose numbers, places or mistakes matter.
 */
export class JsonReader<T> {
  readonly #text: string
  readonly #make: JsonMaker<T>
  readonly #stack: Frame<T>[] = []
  #at = 0

  constructor(text: string, make: JsonMaker<T>) {
    this.#text = text
    this.#make = make
  }

  /** Reads one value; with `isAlone` nothing may follow it. */
  read(isAlone: boolean): T {
    const value = this.#value()
    this.#skipBlanks()
    if (isAlone && this.#at < this.#text.length) throw this.#fault('after top-level value')
    return value
  }

  #value(): T {
    for (;;) {
      let value = this.#simpleOrOpen()
      while (value !== undefined) {
        const frame = this.#stack.at(-1)
        if (frame === undefined) return value
        frame.values.push(value)
        value = this.#hasMore(frame) ? undefined : this.#close(frame)
      }
    }
  }

  /** A value without parts, or the start of one with parts (undefined), or such a value when it is empty. */
  #simpleOrOpen(): T | undefined {
    this.#skipBlanks()
    const start = this.#at
    const char = this.#text.charCodeAt(start)
    if (char === quoteMark) return this.#make.text(this.#string(), start, this.#at)
    if (char === 0x7b) return this.#open({ keys: [], values: [], start }, '}')
    if (char === 0x5b) return this.#open({ keys: undefined, values: [], start }, ']')
    if (char === 0x2d || (char >= 0x30 && char <= 0x39)) {
      return this.#make.number(this.#number(), start, this.#at)
    }
    if (char === 0x74) return this.#word('true', true)
    if (char === 0x66) return this.#word('false', false)
    if (char === 0x6e) return this.#word('null', null)
    throw this.#fault('looking for beginning of value')
  }

  #open(frame: Frame<T>, end: string): T | undefined {
    if (this.#stack.push(frame) > maxDepth) throw this.#fault('exceeded max depth')
    this.#at++
    this.#skipBlanks()
    if (this.#text[this.#at] === end) return this.#close(frame)
    if (frame.keys) this.#key(frame.keys)
    return undefined
  }

  /** What follows a part: a comma and the next key, or the end of the whole. */
  #hasMore(frame: Frame<T>): boolean {
    this.#skipBlanks()
    const char = this.#text[this.#at]
    if (char === (frame.keys ? '}' : ']')) return false
    if (char !== ',') throw this.#fault(frame.keys ? 'after object key:value pair' : 'after array element')
    this.#at++
    if (frame.keys) this.#key(frame.keys)
    return true
  }

  #close(frame: Frame<T>): T {
    this.#at++
    this.#stack.pop()
    const { keys, values, start } = frame
    return keys ? this.#make.object(keys, values, start, this.#at) : this.#make.array(values, start, this.#at)
  }

  #key(keys: string[]): void {
    this.#skipBlanks()
    if (this.#text.charCodeAt(this.#at) !== quoteMark) throw this.#fault('looking for beginning of object key string')
    keys.push(this.#string())
    this.#skipBlanks()
    if (this.#text[this.#at] !== ':') throw this.#fault('after object key')
    this.#at++
  }

  #string(): string {
    const long = this.#longString()
    if (long !== undefined) return long
    const start = this.#at++
    let hasEscape = false
    for (;;) {
      const char = this.#text.charCodeAt(this.#at)
      if (char === quoteMark) break
      if (char === backslash) {
        hasEscape = true
        this.#escape()
      } else if (char >= 0x20) this.#at++
      else throw this.#fault('in string literal')
    }
    this.#at++
    const inner = this.#text.slice(start + 1, this.#at - 1).toWellFormed()
    // Half a surrogate pair has no bytes: Go reads U+FFFD.
    return hasEscape ? (JSON.parse(`"${inner}"`) as string).toWellFormed() : inner
  }

  /** Undefined unless it is long and has no escape: to look at each character takes ten times as long. What is wrong is found by that. */
  #longString(): string | undefined {
    const start = this.#at + 1
    const end = this.#text.indexOf('"', start)
    if (end - start < longText) return undefined
    const inner = this.#text.slice(start, end)
    if (inner.includes('\\')) return undefined
    try {
      const text = JSON.parse(`"${inner}"`) as string
      this.#at = end + 1
      return text.toWellFormed()
    } catch {
      return undefined
    }
  }

  #escape(): void {
    this.#at++
    const char = this.#text[this.#at]
    if (char === undefined || !'"\\/bfnrtu'.includes(char)) throw this.#fault('in string escape code')
    this.#at++
    if (char !== 'u') return
    for (let digit = 0; digit < 4; digit++) {
      if (!/[0-9a-fA-F]/.test(this.#text[this.#at] ?? '')) throw this.#fault('in \\u hexadecimal character escape')
      this.#at++
    }
  }

  #number(): string {
    const start = this.#at
    if (this.#text[this.#at] === '-') this.#at++
    if (this.#text[this.#at] === '0') this.#at++
    else this.#digits('in numeric literal')
    if (this.#text[this.#at] === '.') {
      this.#at++
      this.#digits('after decimal point in numeric literal')
    }
    if (this.#text[this.#at] === 'e' || this.#text[this.#at] === 'E') {
      this.#at++
      if (this.#text[this.#at] === '+' || this.#text[this.#at] === '-') this.#at++
      this.#digits('in exponent of numeric literal')
    }
    return this.#text.slice(start, this.#at)
  }

  #digits(context: string): void {
    const start = this.#at
    for (;;) {
      const char = this.#text.charCodeAt(this.#at)
      if (!(char >= 0x30 && char <= 0x39)) break
      this.#at++
    }
    if (this.#at === start) throw this.#fault(context)
  }

  #word(word: string, value: null | boolean): T {
    const start = this.#at
    for (const letter of word) {
      if (this.#text[this.#at] !== letter) throw this.#fault(`in literal ${word} (expecting ${quoteChar(letter)})`)
      this.#at++
    }
    return this.#make.literal(value, start, this.#at)
  }

  #skipBlanks(): void {
    for (;;) {
      const char = this.#text.charCodeAt(this.#at)
      if (char !== 0x20 && char !== 0x0a && char !== 0x0d && char !== 0x09) return
      this.#at++
    }
  }

  #fault(context: string): Fault {
    const read = byteLength(this.#text.slice(0, this.#at))
    if (this.#at >= this.#text.length) {
      // Go ends a text with a blank; where a blank cannot stand, that is what it stumbles over.
      const isBlankWrong = /^in (?!string literal)|^after decimal point/.test(context)
      return syntaxFault(isBlankWrong ? `invalid character ' ' ${context}` : 'unexpected end of JSON input', read)
    }
    const char = String.fromCodePoint(this.#text.codePointAt(this.#at) as number)
    const byte = bytesOfText(char)[0] as number
    return syntaxFault(`invalid character ${quoteChar(String.fromCharCode(byte))} ${context}`, read + 1)
  }
}

/** Go names the byte it stumbles over, not the character it belongs to. */
const quoteChar = (char: string): string => {
  if (char === "'") return `'\\''`
  return char === '"' ? `'"'` : `'${quote(char).slice(1, -1)}'`
}

const syntaxFault = (message: string, offset: number): Fault =>
  new Fault('BadRequest', message, { cause: { kind: 'syntax', offset } satisfies JsonSyntaxMistake })
