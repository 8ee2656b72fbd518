import { Fault } from '../fault.ts'
import { sprint } from '../go/fmt-print.ts'
import { compareGoStrings, type GoValue, goTypeName } from '../go/fmt-value.ts'

/** `eq`: whether the first value equals any of the others. Throws Fault when types do not go together. */
export function areEqual(left: GoValue, others: readonly GoValue[]): boolean {
  if (others.length === 0) throw new Fault('BadRequest', 'missing argument for comparison')
  return others.some((right) => isEqual(left, right))
}

function isEqual(left: GoValue, right: GoValue): boolean {
  if (basicKind(left) !== basicKind(right)) {
    if (left === null || right === null) return false
    throw incompatible(left, right)
  }
  switch (left?.kind) {
    case 'string':
      return left.text === (right as typeof left).text
    case 'int':
    case 'uint8':
      return left.number === (right as typeof left).number
    case 'float64':
      return left.number === (right as typeof left).number
    case 'complex128': {
      const other = right as typeof left
      return left.real === other.real && left.imaginary === other.imaginary
    }
    case 'bool':
      return left.isTrue === (right as typeof left).isTrue
    default:
      if (left === null || right === null) return left === right
      throw new Fault('BadRequest', `non-comparable type ${sprint(left)}: ${goTypeName(left)}`)
  }
}

/** `lt`: whether one value comes before another; only texts and numbers have an order. */
export function isLess(left: GoValue, right: GoValue): boolean {
  for (const value of [left, right]) {
    if (basicKind(value) === 'none') throw new Fault('BadRequest', 'invalid type for comparison')
  }
  if (basicKind(left) !== basicKind(right)) throw incompatible(left, right)
  switch (left?.kind) {
    case 'string':
      return compareGoStrings(left.text, (right as typeof left).text) < 0
    case 'int':
    case 'uint8':
      return left.number < (right as typeof left).number
    case 'float64':
      return left.number < (right as typeof left).number
    default:
      throw new Fault('BadRequest', 'invalid type for comparison')
  }
}

/** Whole numbers compare whatever their size; maps, lists and nil are no basic kinds. */
function basicKind(value: GoValue): string {
  if (value === null || value.kind === 'map' || value.kind === 'list') return 'none'
  return value.kind === 'uint8' ? 'int' : value.kind
}

const incompatible = (left: GoValue, right: GoValue): Fault =>
  new Fault('BadRequest', `incompatible types for comparison: ${goTypeName(left)} and ${goTypeName(right)}`)
