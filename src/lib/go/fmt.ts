import { Fault } from '../fault.ts'
import { type Flags, noFlags } from './fmt-flags.ts'
import { printValue } from './fmt-print.ts'
import { type GoValue, goTypeName } from './fmt-value.ts'

/** Widths and precisions beyond this are not understood, as in Go. */
const MAX_NUMBER = 1_000_000

/**
 * Go's `fmt.Sprintf`, its marks for mistakes included (`%!d(string=x)`, `%!(EXTRA int=1)`).
 * Throws Fault('BadRequest') when the text grows beyond `maxLength` UTF-16 units.
 */
export function sprintf(format: string, values: readonly GoValue[], maxLength = 16 * 1024 * 1024): string {
  return new Formatter(format, values, maxLength).run()
}

class Formatter {
  readonly #format: string
  readonly #values: readonly GoValue[]
  readonly #maxLength: number
  #text = ''
  #at = 0
  #argument = 0
  /** An index like `[3]` was used anywhere, so that left-over arguments are no mistake. */
  #isReordered = false
  #isArgumentGood = true
  #isAfterIndex = false

  constructor(format: string, values: readonly GoValue[], maxLength: number) {
    this.#format = format
    this.#values = values
    this.#maxLength = maxLength
  }

  run(): string {
    while (this.#at < this.#format.length) {
      const percent = this.#format.indexOf('%', this.#at)
      const end = percent < 0 ? this.#format.length : percent
      this.#write(this.#format.slice(this.#at, end))
      this.#at = end + 1
      if (percent >= 0) this.#directive()
    }
    this.#extra()
    return this.#text
  }

  #directive(): void {
    const flags = this.#flags()
    this.#isArgumentGood = true
    this.#isAfterIndex = false
    this.#index()
    this.#width(flags)
    this.#precision(flags)
    if (!this.#isAfterIndex) this.#index()
    if (this.#at >= this.#format.length) return this.#write('%!(NOVERB)')
    const verb = String.fromCodePoint(this.#format.codePointAt(this.#at) as number)
    this.#at += verb.length
    if (verb === '%') this.#write('%')
    else if (!this.#isArgumentGood) this.#write(`%!${verb}(BADINDEX)`)
    else if (this.#argument >= this.#values.length) this.#write(`%!${verb}(MISSING)`)
    else this.#write(printValue(this.#take(), verb, /[vw]/.test(verb) ? goSyntaxFlags(flags) : flags))
  }

  #flags(): Flags {
    const flags = noFlags()
    for (; ; this.#at++) {
      const char = this.#format[this.#at]
      if (char === '#') flags.isSharp = true
      else if (char === '0') flags.isZero = true
      else if (char === '+') flags.isPlus = true
      else if (char === '-') flags.isMinus = true
      else if (char === ' ') flags.isSpace = true
      else return flags
    }
  }

  #width(flags: Flags): void {
    if (this.#format[this.#at] === '*') {
      this.#at++
      flags.width = this.#number()
      if (flags.width === undefined) this.#write('%!(BADWIDTH)')
      if (flags.width !== undefined && flags.width < 0) {
        flags.width = -flags.width
        flags.isMinus = true
      }
      this.#isAfterIndex = false
      return
    }
    flags.width = this.#digits()
    if (this.#isAfterIndex && flags.width !== undefined) this.#isArgumentGood = false
  }

  #precision(flags: Flags): void {
    if (this.#format[this.#at] !== '.') return
    this.#at++
    if (this.#isAfterIndex) this.#isArgumentGood = false
    this.#index()
    if (this.#format[this.#at] !== '*') {
      flags.precision = this.#digits() ?? 0
      return
    }
    this.#at++
    const precision = this.#number()
    flags.precision = precision === undefined || precision < 0 ? undefined : precision
    if (flags.precision === undefined) this.#write('%!(BADPREC)')
    this.#isAfterIndex = false
  }

  /** `[3]`: which argument comes next. */
  #index(): void {
    this.#isAfterIndex = false
    if (this.#format[this.#at] !== '[') return
    this.#isReordered = true
    const close = this.#format.indexOf(']', this.#at + 1)
    const digits = close < 0 ? '' : this.#format.slice(this.#at + 1, close)
    this.#at = close < 0 ? this.#at + 1 : close + 1
    this.#isAfterIndex = /^[0-9]+$/.test(digits) && Number(digits) <= MAX_NUMBER
    const index = Number(digits) - 1
    if (this.#isAfterIndex && index >= 0 && index < this.#values.length) this.#argument = index
    else this.#isArgumentGood = false
  }

  /** Digits of a width or precision; a number too large swallows the rest of the format. */
  #digits(): number | undefined {
    const digits = /^[0-9]*/.exec(this.#format.slice(this.#at, this.#at + 10))?.[0] ?? ''
    if (digits === '') return undefined
    if (Number(digits) > MAX_NUMBER) {
      this.#at = this.#format.length
      return undefined
    }
    this.#at += digits.length
    return Number(digits)
  }

  /** A width or precision given as an argument. */
  #number(): number | undefined {
    if (this.#argument >= this.#values.length) return undefined
    const value = this.#take()
    if (value?.kind !== 'int' && value?.kind !== 'uint8') return undefined
    const number = Number(value.number)
    return Math.abs(number) > MAX_NUMBER ? undefined : number
  }

  #take(): GoValue {
    return this.#values[this.#argument++] as GoValue
  }

  #extra(): void {
    if (this.#isReordered || this.#argument >= this.#values.length) return
    const extra = this.#values.slice(this.#argument).map((value) => {
      return value === null ? '<nil>' : `${goTypeName(value)}=${printValue(value, 'v', noFlags())}`
    })
    this.#write(`%!(EXTRA ${extra.join(', ')})`)
  }

  #write(text: string): void {
    if (this.#text.length + text.length > this.#maxLength) {
      throw new Fault('BadRequest', `formatted text is longer than ${this.#maxLength} characters`)
    }
    this.#text += text
  }
}

/** `%#v` is Go syntax, not the sharp form of each part; `%+v` adds nothing to these types. */
const goSyntaxFlags = (flags: Flags): Flags => ({ ...flags, isSharpV: flags.isSharp, isSharp: false, isPlus: false })
