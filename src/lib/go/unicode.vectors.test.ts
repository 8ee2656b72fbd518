import { describeVectors } from '../../../test/kit/vectors.ts'
import { equalFold, isDigit, isLetter, isSpace, toLower, toUpper, trimSpace } from './unicode.ts'

type Input = { op: 'fold'; a: string; b: string } | { op: 'trim'; text: string } | { op?: undefined; cp: number }

describeVectors('unicode-text.json', (input: Input) => {
  if (input.op === 'fold') return equalFold(input.a, input.b)
  if (input.op === 'trim') return trimSpace(input.text)
  const char = String.fromCodePoint(input.cp)
  const [upper, lower] = [toUpper(char), toLower(char)]
  return {
    space: isSpace(char),
    letter: isLetter(char),
    digit: isDigit(char),
    ...(upper === char ? {} : { upper }),
    ...(lower === char ? {} : { lower }),
  }
})
