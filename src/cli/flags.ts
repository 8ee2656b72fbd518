/**
 * Flags of commands as data. Help, completion, documentation and parsing are made from the same table; the value types
 * follow from it.
 */
export type FlagKind =
  | 'bool'
  | 'string'
  | 'int'
  | 'int64'
  | 'uint32'
  | 'uint64'
  | 'duration'
  | 'strings'
  | 'stringArray'
  | 'stringToString'
  | 'custom'

export type Flag<Value> = {
  readonly kind: FlagKind
  readonly fallback: Value
  readonly about: string
  /** One letter. */
  readonly short?: string
  readonly isHidden?: true
  /** What to use instead; the flag still works. */
  readonly deprecated?: string
  /** The word for the value in help; the kind's own when absent. */
  readonly word?: string
  /** Of a custom flag: reads one value after those before it; throws an Error whose message is the cause. */
  readonly parse?: (text: string, before: Value | undefined) => Value
  /** The setting it gives, of either generation; its value goes to the configuration as well. */
  readonly setting?: string
}

export type Flags = Readonly<Record<string, Flag<any>>>
export type FlagValues<Of> = { readonly [Name in keyof Of]: Of[Name] extends Flag<infer Value> ? Value : never }
type Options<Value> = Partial<Omit<Flag<Value>, 'kind' | 'fallback' | 'about'>>

const flag =
  <Value>(kind: FlagKind) =>
  (fallback: Value, about: string, options: Options<Value> = {}): Flag<Value> => ({ kind, fallback, about, ...options })

export const bool = flag<boolean>('bool')
export const text = flag<string>('string')
export const int = flag<number>('int')
/** Whole seconds and the like that are int64 in the specification. */
export const int64 = flag<bigint>('int64')
export const uint32 = flag<number>('uint32')
/** Nanoseconds. */
export const duration = flag<bigint>('duration')
/** CSV, repeatable. */
export const strings = flag<readonly string[]>('strings')
/** Repeatable, taken as it is. */
export const stringArray = flag<readonly string[]>('stringArray')
export const stringToString = flag<Readonly<Record<string, string>>>('stringToString')

/** A value with a grammar of its own; `word` names it in help. */
export const custom = <Value>(
  word: string,
  fallback: Value,
  about: string,
  parse: (text: string, before: Value | undefined) => Value,
  options: Options<Value> = {},
): Flag<Value> => ({ kind: 'custom', word, fallback, about, parse, ...options })

/** One of a few words, taken as they are. */
export const oneOf = <Word extends string>(
  word: string,
  words: readonly Word[],
  fallback: Word | '',
  about: string,
  refusal: (given: string) => string,
  options: Options<Word | ''> = {},
): Flag<Word | ''> =>
  custom(
    word,
    fallback,
    about,
    (given) => {
      const found = words.find((each) => each === given)
      if (found === undefined) throw new Error(refusal(given))
      return found
    },
    options,
  )
