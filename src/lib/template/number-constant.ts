import { Fault, messageOf } from '../fault.ts'
import { type GoValue, goInt } from '../go/fmt-value.ts'
import { parseFloat, parseInt, parseUint } from '../go/strconv-parse.ts'
import { quote } from '../go/strconv-quote.ts'
import { unquoteChar } from '../go/strconv-unquote.ts'
import type { TokenKind } from './token.ts'

/** What a number in a template is worth without further context; `overflows` beyond int64. */
export type NumberConstant = { value: GoValue } | { overflows: true }

/** Reads a number token. Throws Fault with Go's sentence. */
export function numberConstant(text: string, kind: TokenKind): NumberConstant {
  if (kind === 'char-constant') return { value: goInt(charConstant(text)) }
  if (kind === 'complex') return { value: complexConstant(text) }
  if (text.endsWith('i')) {
    const imaginary = attempt(() => parseFloat(text.slice(0, -1)))
    if (imaginary !== undefined) return { value: { kind: 'complex128', real: 0, imaginary } }
  }
  return realConstant(text)
}

function realConstant(text: string): NumberConstant {
  const integer = attempt(() => parseInt(text, 0)) ?? attempt(() => parseUint(text, 0))
  const looksLikeFloat = /[.eEpP]/.test(text)
  if (integer !== undefined) {
    // `0b1e1` is none, but `0x1e1` is a whole number although it contains an e.
    return integer < 1n << 63n ? { value: goInt(integer) } : { overflows: true }
  }
  const float = attempt(() => parseFloat(text))
  if (float === undefined) throw new Fault('BadRequest', `illegal number syntax: ${quote(text)}`)
  if (!looksLikeFloat) throw new Fault('BadRequest', `integer overflow: ${quote(text)}`)
  return { value: { kind: 'float64', number: float } }
}

function charConstant(text: string): number {
  const { code, tail } = unquoteChar(text.slice(1), "'")
  if (tail !== "'") throw new Fault('BadRequest', `malformed character constant: ${text}`)
  return code
}

const part = String.raw`(?:0[xX][0-9a-fA-F_]*\.?[0-9a-fA-F_]*(?:[pP][-+]?[0-9_]*)?|[0-9_]*\.?[0-9_]*(?:[eEpP][-+]?[0-9_]*)?)`
const complexForm = new RegExp(`^([-+]?${part})([-+]${part})i`)

function complexConstant(text: string): GoValue {
  const [, real, imaginary] = complexForm.exec(text) ?? []
  if (real === undefined || imaginary === undefined) {
    throw new Fault('BadRequest', 'syntax error scanning complex number')
  }
  return { kind: 'complex128', real: parseFloat(real), imaginary: parseFloat(imaginary) }
}

function attempt<Result>(read: () => Result): Result | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof Fault && messageOf(error).startsWith('strconv.')) return undefined
    throw error
  }
}
