import { describeVectors } from '../../../test/kit/vectors.ts'
import { displayWidth, longestLineWidth, padToWidth, trimToLength } from './display-width.ts'
import { wrapHard, wrapSoft, wrapText } from './wrap.ts'

describeVectors('text-wrap.json', ({ op, text, max }) => {
  if (op === 'width') return { width: displayWidth(text), longestLine: longestLineWidth(text) }
  return {
    wrapText: wrapText(text, max),
    wrapSoft: wrapSoft(text, max),
    wrapHard: wrapHard(text, max),
    trim: trimToLength(text, max),
    pad: padToWidth(text, max, '.'),
  }
})
