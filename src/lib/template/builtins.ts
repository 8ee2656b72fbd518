import { Fault } from '../fault.ts'
import { bytesOfText, textOfBytes } from '../go/byte-text.ts'
import { sprintf } from '../go/fmt.ts'
import { sprint, sprintln } from '../go/fmt-print.ts'
import { type GoValue, goBool, goInt, goString, goTypeName } from '../go/fmt-value.ts'
import { queryEscape } from '../go/url-escape.ts'
import { areEqual, isLess } from './comparison.ts'
import { escapeHtml, escapeJs } from './escape.ts'

/** A function templates may call. `fixed` parameters come before the variadic ones. */
export type Builtin = {
  fixed: readonly ('any' | 'string')[]
  isVariadic: boolean
  /** Throws Fault with the reason alone. */
  run(values: readonly GoValue[]): GoValue
}

const fixed = (count: 1 | 2, run: Builtin['run']): Builtin => ({
  fixed: count === 1 ? ['any'] : ['any', 'any'],
  isVariadic: false,
  run,
})
const atLeastOne = (run: Builtin['run']): Builtin => ({ fixed: ['any'], isVariadic: true, run })
const variadic = (run: Builtin['run']): Builtin => ({ fixed: [], isVariadic: true, run })

/** `and` and `or` stop at the first deciding argument; the executor evaluates theirs. */
const shortCircuit: Builtin = { fixed: ['any'], isVariadic: true, run: ([value]) => value ?? null }

/** The functions of Go's text/template; the reference adds none. */
export const builtins: Readonly<Record<string, Builtin>> = {
  and: shortCircuit,
  or: shortCircuit,
  not: fixed(1, ([value]) => goBool(!isTrue(value ?? null))),
  call: atLeastOne(([callee]) => {
    throw new Fault('BadRequest', callee == null ? 'call of nil' : `of type ${goTypeName(callee)}`)
  }),
  html: variadic((values) => goString(escapeHtml(joined(values)))),
  js: variadic((values) => goString(escapeJs(joined(values)))),
  urlquery: variadic((values) => goString(queryEscape(joined(values)))),
  print: variadic((values) => goString(sprint(...values))),
  println: variadic((values) => goString(sprintln(...values))),
  printf: {
    fixed: ['string'],
    isVariadic: true,
    run: ([format, ...values]) => goString(sprintf(format?.kind === 'string' ? format.text : '', values)),
  },
  len: fixed(1, ([value]) => goInt(lengthOf(value ?? null))),
  index: atLeastOne(([item, ...indexes]) => indexed(item ?? null, indexes)),
  slice: atLeastOne(([item, ...indexes]) => sliced(item ?? null, indexes)),
  eq: atLeastOne(([left, ...others]) => goBool(areEqual(left ?? null, others))),
  ne: fixed(2, ([left, right]) => goBool(!areEqual(left ?? null, [right ?? null]))),
  lt: fixed(2, ([left, right]) => goBool(isLess(left ?? null, right ?? null))),
  le: fixed(2, ([left, right]) => goBool(isAtMost(left ?? null, right ?? null))),
  gt: fixed(2, ([left, right]) => goBool(!isAtMost(left ?? null, right ?? null))),
  ge: fixed(2, ([left, right]) => goBool(!isLess(left ?? null, right ?? null))),
}

const isAtMost = (left: GoValue, right: GoValue): boolean => isLess(left, right) || areEqual(left, [right])

/** Whether a value counts as true: not empty, not zero, not nil. */
export function isTrue(value: GoValue): boolean {
  switch (value?.kind) {
    case undefined:
      return false
    case 'string':
      return value.text !== ''
    case 'int':
    case 'uint8':
      return value.number !== 0n
    case 'float64':
      return value.number !== 0
    case 'complex128':
      return value.real !== 0 || value.imaginary !== 0
    case 'bool':
      return value.isTrue
    case 'map':
      return (value.entries?.size ?? 0) > 0
    case 'list':
      return (value.items?.length ?? 0) > 0
  }
}

/** The text of the arguments of an escaping function. */
function joined(values: readonly GoValue[]): string {
  return sprint(...values.map((value) => value ?? goString('<no value>')))
}

function lengthOf(value: GoValue): number {
  if (value?.kind === 'string') return bytesOfText(value.text).length
  if (value?.kind === 'map') return value.entries?.size ?? 0
  if (value === null) throw new Fault('BadRequest', 'reflect: call of reflect.Value.Type on zero Value')
  throw new Fault('BadRequest', `len of type ${goTypeName(value)}`)
}

/** `index x 1 2` is x[1][2]; a missing key of a map gives the empty text. */
function indexed(item: GoValue, indexes: readonly GoValue[]): GoValue {
  if (item === null) throw new Fault('BadRequest', 'index of untyped nil')
  return indexes.reduce<GoValue>((value, index) => elementOf(value, index), item)
}

function elementOf(item: GoValue, index: GoValue): GoValue {
  if (item?.kind === 'string') {
    const bytes = bytesOfText(item.text)
    const byte = bytes[position(index, bytes.length)]
    if (byte === undefined) throw new Fault('BadRequest', 'reflect: string index out of range')
    return { kind: 'uint8', number: BigInt(byte) }
  }
  if (item?.kind !== 'map') throw new Fault('BadRequest', `can't index item of type ${goTypeName(item)}`)
  if (index === null) throw new Fault('BadRequest', 'value is nil; should be of type string')
  if (index.kind !== 'string') {
    throw new Fault('BadRequest', `value has type ${goTypeName(index)}; should be string`)
  }
  return goString(item.entries?.get(index.text) ?? '')
}

/** `slice x 1 2` is x[1:2], in bytes. */
function sliced(item: GoValue, indexes: readonly GoValue[]): GoValue {
  if (item === null) throw new Fault('BadRequest', 'slice of untyped nil')
  if (indexes.length > 3) throw new Fault('BadRequest', `too many slice indexes: ${indexes.length}`)
  if (item.kind !== 'string') throw new Fault('BadRequest', `can't slice item of type ${goTypeName(item)}`)
  if (indexes.length === 3) throw new Fault('BadRequest', 'cannot 3-index slice a string')
  const bytes = bytesOfText(item.text)
  const [start = 0, end = bytes.length] = indexes.map((index) => position(index, bytes.length))
  if (start > end) throw new Fault('BadRequest', `invalid slice index: ${start} > ${end}`)
  return goString(textOfBytes(bytes.subarray(start, end)))
}

function position(index: GoValue, length: number): number {
  if (index === null) throw new Fault('BadRequest', 'cannot index slice/array with nil')
  if (index.kind !== 'int' && index.kind !== 'uint8') {
    throw new Fault('BadRequest', `cannot index slice/array with type ${goTypeName(index)}`)
  }
  if (index.number < 0n || index.number > BigInt(length)) {
    throw new Fault('BadRequest', `index out of range: ${index.number}`)
  }
  return Number(index.number)
}
