const letter = /^\p{L}$/u
const digit = /^\p{Nd}$/u

/**
 * The order of keys in YAML output: letters by code point after everything else, runs of digits by their number.
 * For `toSorted`. Source of the rule: gopkg.in/yaml.v2.
 */
export function compareKeys(left: string, right: string): number {
  if (left === right) return 0
  return isLess([...left], [...right]) ? -1 : 1
}

function isLess(left: string[], right: string[]): boolean {
  const at = left.findIndex((char, index) => char !== right[index])
  if (at < 0 || at >= right.length) return left.length < right.length
  const [leftChar, rightChar] = [left[at] as string, right[at] as string]
  const [isLeftLetter, isRightLetter] = [letter.test(leftChar), letter.test(rightChar)]
  if (isLeftLetter && isRightLetter) return isBefore(leftChar, rightChar)
  if (isLeftLetter || isRightLetter) return isRightLetter
  return isLessByNumber(left, right, at)
}

function isLessByNumber(left: string[], right: string[], at: number): boolean {
  const lead = continuesNumber(left, right, at) ? 1n : 0n
  const [leftNumber, leftLength] = numberAt(left, at, lead)
  const [rightNumber, rightLength] = numberAt(right, at, lead)
  if (leftNumber !== rightNumber) return leftNumber < rightNumber
  if (leftLength !== rightLength) return leftLength < rightLength
  return isBefore(left[at] as string, right[at] as string)
}

/** Whether a zero here stands inside a number that began before, so that it counts. */
function continuesNumber(left: string[], right: string[], at: number): boolean {
  if (left[at] !== '0' && right[at] !== '0') return false
  for (let before = at - 1; before >= 0 && digit.test(left[before] as string); before--) {
    if (left[before] !== '0') return true
  }
  return false
}

/** The number that begins at a place, as an int64 that wraps around, and how many digits it has. */
function numberAt(chars: string[], at: number, lead: bigint): [bigint, number] {
  let value = lead
  let end = at
  for (; end < chars.length && digit.test(chars[end] as string); end++) {
    value = BigInt.asIntN(64, value * 10n + BigInt((chars[end] as string).codePointAt(0) as number) - 48n)
  }
  return [value, end - at]
}

const isBefore = (left: string, right: string): boolean =>
  (left.codePointAt(0) as number) < (right.codePointAt(0) as number)
