import type { FlagType } from '#lib/argv/flag-type.ts'
import * as types from '#lib/argv/flag-type.ts'
import type { Flag as ParsedFlag } from '#lib/argv/flags.ts'

/** A flag as data; parsing, help, completion and documentation read it. */
export type Flag<Value = any> = ParsedFlag<Value> & {
  readonly default: Value
  /** The setting it gives, of either generation. */
  readonly setting?: string
}
export type Flags = Readonly<Record<string, Flag>>
export type FlagValues<Of> = { readonly [Name in keyof Of]: Of[Name] extends Flag<infer Value> ? Value : never }
/** What flags that were not given say. */
export const defaultsOf = <Of extends Flags>(flags: Of): FlagValues<Of> =>
  Object.fromEntries(Object.entries(flags).map(([name, { default: value }]) => [name, value])) as FlagValues<Of>

type Options<Value> = Partial<Omit<Flag<Value>, 'type' | 'default' | 'usage'>>

const flag =
  <Value>(type: FlagType<Value>) =>
  (fallback: Value, usage: string, options: Options<Value> = {}): Flag<Value> => ({
    type,
    default: fallback,
    usage,
    ...options,
  })

export const bool = flag<boolean>(types.bool)
export const text = flag<string>(types.string)
export const int = flag<number>(types.int)
export const int64 = flag<number>(types.int64)
export const uint = flag<number>(types.uint)
export const uint32 = flag<number>(types.uint32)
export const uint64 = flag<number>(types.uint64)
/** Nanoseconds. */
export const duration = flag<bigint>(types.duration)
/** CSV, repeatable. */
export const strings = flag<readonly string[]>(types.stringSlice)
/** Variables of a program: the same, and values of several lines. */
export const variables = flag<readonly string[]>(types.stringSliceOrLines)
/** Repeatable, taken as it is. */
export const stringArray = flag<readonly string[]>(types.stringArray)
export const stringToString = flag<Readonly<Record<string, string>>>(types.stringToString)

/** A value with a grammar of its own; `word` names it in help. `read` throws an Error whose message is the cause. */
export const custom = <Value>(
  word: string,
  fallback: Value,
  usage: string,
  read: (text: string) => Value,
  options: Options<Value> = {},
): Flag<Value> => flag(types.single(word, fallback, read))(fallback, usage, options)

/** The same, repeatable. */
export const several = <Item>(
  word: string,
  usage: string,
  read: (text: string) => Item,
  options: Options<readonly Item[]> = {},
): Flag<readonly Item[]> => flag(types.list(word, (given: string) => [read(given)]))([], usage, options)
