import { readCsvRecord } from '../csv.ts'
import { parseDuration } from '../duration.ts'
import { Fault } from '../fault.ts'
import { parseBool, parseInt, parseUint } from '../go/strconv-parse.ts'

/** How the text of a flag becomes a value. A provider's own type (`storage`, `publisher`) is one more of these. */
export type FlagType<Value> = {
  /** The word help shows for the value. */
  name: string
  /** The value of a flag that is not given and has no default. */
  zero: Value
  /** The text of a flag that stands alone (`--wait`). Without it the next argument is the value. */
  alone?: string
  /** Throws Fault with the cause for a text that is none. `before` is the default when the flag is given first. */
  read(text: string, before: Value, isFirst: boolean): Value
}

/** A type whose later texts replace the earlier ones. */
export const single = <Value>(name: string, zero: Value, read: (text: string) => Value): FlagType<Value> => ({
  name,
  zero,
  read,
})

/** A type that collects: the first time the flag is given its values replace the default, later ones are added. */
export const list = <Item>(name: string, read: (text: string) => Item[]): FlagType<readonly Item[]> => ({
  name,
  zero: [],
  read: (text, before, isFirst) => (isFirst ? read(text) : [...before, ...read(text)]),
})

/** One of a few words, taken exactly; `refusal` is the cause shown for any other. */
export const oneOf = <Word extends string>(
  name: string,
  words: readonly Word[],
  zero: Word,
  refusal: (text: string) => string,
): FlagType<Word> =>
  single(name, zero, (text) => {
    const word = words.find((each) => each === text)
    if (word === undefined) throw new Fault('BadRequest', refusal(text))
    return word
  })

export const string = single('string', '', (text) => text)
export const bool: FlagType<boolean> = { ...single('bool', false, parseBool), alone: 'true' }
/** Numbers may be written in hexadecimal, octal and binary too, and with underscores. */
export const int = single('int', 0, (text) => Number(parseInt(text, 0)))
export const int64 = { ...int, name: 'int64' }
export const uint = single('uint', 0, (text) => Number(parseUint(text, 0)))
export const uint32 = single('uint32', 0, (text) => Number(parseUint(text, 0, 32)))
export const uint64 = { ...uint, name: 'uint64' }
/** Nanoseconds. */
export const duration = single('duration', 0n, parseDuration)
/** Each text is one CSV record. */
export const stringSlice = list('strings', csvFields)
/** The same, but a text that goes on behind its record is one value as it stands, where nothing of several lines is to be lost. */
export const stringSliceOrLines = list('strings', (text) => (isOfSeveralLines(text) ? [text] : csvFields(text)))
/** Each text is one value. */
export const stringArray = list('stringArray', (text) => [text])
/** How often the flag is given, or a number. */
export const count: FlagType<number> = {
  name: 'count',
  zero: 0,
  alone: '+1',
  read: (text, before) => (text === '+1' ? before + 1 : Number(parseInt(text, 0))),
}

/** `a=1,b=2`; later texts add to earlier ones. A text with one `=` is one pair whatever else is in it. */
export const stringToString: FlagType<Readonly<Record<string, string>>> = {
  name: 'stringToString',
  zero: {},
  read: (text, before, isFirst) => ({ ...(isFirst ? {} : before), ...pairsOf(text) }),
}

function csvFields(text: string): string[] {
  return text === '' ? [] : readCsvRecord(text)
}

const quotedField = /"(?:[^"]|"")*"/g
const isOfSeveralLines = (text: string): boolean => /[\r\n]/.test(text.replaceAll(quotedField, ''))

function pairsOf(text: string): Record<string, string> {
  const signs = text.split('=').length - 1
  if (signs === 0) throw noPair(text)
  const pairs = signs === 1 ? [text.replace(/^"+|"+$/g, '')] : readCsvRecord(text)
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      if (at === -1) throw noPair(pair)
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )
}

const noPair = (text: string): Fault => new Fault('BadRequest', `${text} must be formatted as key=value`)
