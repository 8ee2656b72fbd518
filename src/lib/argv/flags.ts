import { Fault } from '../fault.ts'
import { bytesOfText } from '../go/byte-text.ts'
import { quote, quoteRune } from '../go/strconv-quote.ts'
import type { FlagType } from './flag-type.ts'

/** One flag of a command, as data: the parser, the help and the documentation read it. */
export type Flag<Value = any> = {
  type: FlagType<Value>
  /** One letter. */
  shorthand?: string
  /** Value when it is not given; otherwise the type's zero. */
  default?: Value
  /** The text of the flag when it stands alone, where that differs from its type's. */
  alone?: string
  /** One line for the help. */
  usage: string
  /** What completion offers as values; others may be taken too. */
  words?: readonly string[]
  isHidden?: boolean
  isRequired?: boolean
  /** What to do instead; a notice is given when the flag is used, and help hides it. */
  deprecated?: string
  shorthandDeprecated?: string
}

/** Flags by name. */
export type FlagTable = Readonly<Record<string, Flag>>
/** The values of a table's flags by name. */
type FlagValues<Table extends FlagTable> = {
  readonly [Name in keyof Table]: Table[Name] extends Flag<infer Value> ? Value : never
}

export type ParsedFlags<Table extends FlagTable = FlagTable> = {
  /** Every flag of the table: given, default or zero. */
  values: FlagValues<Table>
  /** Names of the flags that were given. */
  given: ReadonlySet<string>
  /** What is no flag, in order. */
  args: string[]
  /** Index in `args` of the first argument behind `--`; -1 without one. */
  dash: number
  /** Short flags that stood behind two arguments or more, as they were written. */
  lateShorts: string[]
  /** Deprecation notices, one line each, in the order of the flags. */
  notices: string[]
  /** `--help` or `-h` was given and is no flag of the table; nothing behind it was read. */
  isHelpAsked: boolean
}

/** `ignoresUnknown`: an unknown flag is passed over, with the word behind it unless that begins with a dash. */
type Options = { ignoresUnknown?: boolean | undefined }

/**
 * Reads arguments by the rules of pflag: flags and arguments may mix, `--` ends the flags, short flags may be grouped and
 * may carry their value, a flag that can stand alone takes a value only after `=`.
 * Throws Fault('BadRequest') with pflag's sentence for the first thing that is wrong.
 */
export function parseFlags<Table extends FlagTable>(
  table: Table,
  argv: readonly string[],
  options: Options = {},
): ParsedFlags<Table> {
  return new FlagParser(table, argv, options).parse() as ParsedFlags<Table>
}

/** The text a flag means when it stands alone; undefined when it needs a value. */
export const aloneText = (flag: Flag | undefined): string | undefined => flag?.alone ?? flag?.type.alone

/** The flag with this name. */
export const byName = (table: FlagTable, name: string): Flag | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined

/** The flag with this letter and its name. */
export function byShorthand(table: FlagTable, letter: string): [string, Flag] | undefined {
  return Object.entries(table).find(([, flag]) => flag.shorthand === letter)
}

class FlagParser {
  readonly #table: FlagTable
  readonly #left: string[]
  readonly #values: Record<string, unknown> = {}
  readonly #given = new Set<string>()
  readonly #notices: string[] = []
  readonly #ignoresUnknown: boolean
  #isHelpAsked = false

  constructor(table: FlagTable, argv: readonly string[], { ignoresUnknown = false }: Options) {
    this.#table = table
    this.#ignoresUnknown = ignoresUnknown
    this.#left = [...argv]
    for (const [name, flag] of Object.entries(table)) this.#values[name] = flag.default ?? flag.type.zero
  }

  parse(): ParsedFlags {
    const args: string[] = []
    const lateShorts: string[] = []
    let dash = -1
    while (this.#left.length > 0 && dash === -1 && !this.#isHelpAsked) {
      const arg = this.#left.shift() as string
      if (arg === '--') dash = args.length
      else if (arg.startsWith('--')) this.#long(arg)
      else if (arg.startsWith('-') && arg.length > 1) {
        if (args.length >= 2) lateShorts.push(arg)
        this.#shorts(arg.slice(1))
      } else args.push(arg)
    }
    if (dash !== -1) args.push(...this.#left)
    return {
      values: this.#values,
      given: this.#given,
      args,
      dash,
      lateShorts,
      notices: this.#notices,
      isHelpAsked: this.#isHelpAsked,
    }
  }

  #long(arg: string): void {
    const [, name = '', value] = /^--([^=]*)(?:=(.*))?$/s.exec(arg) ?? []
    if (name === '' || name.startsWith('-')) throw flagFault(`bad flag syntax: ${arg}`)
    const flag = byName(this.#table, name)
    if (flag) return this.#set(name, flag, value ?? aloneText(flag) ?? this.#next(arg))
    if (name === 'help') this.#isHelpAsked = true
    else if (this.#ignoresUnknown) this.#passOver(value === undefined)
    else throw flagFault(`unknown flag: --${name}`)
  }

  #passOver(mayHaveValue: boolean): void {
    const next = this.#left[0]
    if (mayHaveValue && next !== undefined && !next.startsWith('-')) this.#left.shift()
  }

  #shorts(group: string): void {
    for (let rest = group; rest !== '' && !this.#isHelpAsked; ) rest = this.#short(rest)
  }

  /** Reads the first letter of a group; gives the letters that are left. */
  #short(group: string): string {
    const letter = group[0] as string
    const [name, flag] = byShorthand(this.#table, letter) ?? []
    if (name === undefined || flag === undefined) {
      if (letter === 'h') this.#isHelpAsked = true
      else if (this.#ignoresUnknown) this.#passOver(group.length === 1)
      else throw flagFault(`unknown shorthand flag: ${quoteFirstByte(group)} in -${group}`)
      return ''
    }
    const [value, rest] = this.#shortValue(flag, group)
    if (flag.shorthandDeprecated) {
      this.#notices.push(`Flag shorthand -${letter} has been deprecated, ${flag.shorthandDeprecated}`)
    }
    this.#set(name, flag, value)
    return rest
  }

  #shortValue(flag: Flag, group: string): [value: string, rest: string] {
    const behind = group.slice(1)
    if (behind.length > 1 && behind.startsWith('=')) return [behind.slice(1), '']
    const alone = aloneText(flag)
    if (alone !== undefined) return [alone, behind]
    if (behind !== '') return [behind, '']
    return [this.#next(`${quoteFirstByte(group)} in -${group}`), '']
  }

  #next(flagText: string): string {
    const next = this.#left.shift()
    if (next === undefined) throw flagFault(`flag needs an argument: ${flagText}`)
    return next
  }

  #set(name: string, flag: Flag, text: string): void {
    try {
      this.#values[name] = flag.type.read(text, this.#values[name], !this.#given.has(name))
    } catch (error) {
      if (!isRefusal(error)) throw error
      const isShort = flag.shorthand && !flag.shorthandDeprecated
      const shown = isShort ? `-${flag.shorthand}, --${name}` : `--${name}`
      throw flagFault(`invalid argument ${quote(text)} for "${shown}" flag: ${error.message}`, (error as Fault).hint)
    }
    this.#given.add(name)
    if (flag.deprecated) this.#notices.push(`Flag --${name} has been deprecated, ${flag.deprecated}`)
  }
}

/** A type may refuse with any plain error; those of the language are bugs. */
const isRefusal = (error: unknown): error is Error =>
  error instanceof Fault || (error instanceof Error && error.constructor === Error)

/** Go looks at bytes here: of a letter beyond ASCII it shows the first one. */
const quoteFirstByte = (text: string): string => quoteRune(bytesOfText(text)[0] as number)

const flagFault = (message: string, hint?: string): Fault =>
  new Fault('BadRequest', message, hint === undefined ? {} : { hint })
