import { describeVectors } from '../../../test/kit/vectors.ts'
import { atoi, parseBool, parseFloat, parseInt, parseUint } from './strconv-parse.ts'

const readers: Record<string, (text: string) => unknown> = {
  bool: parseBool,
  int: (text) => String(parseInt(text)),
  uint: (text) => String(parseUint(text)),
  atoi: (text) => String(atoi(text)),
  float: (text) => floatBits(parseFloat(text)),
}

function floatBits(value: number): string {
  if (Number.isNaN(value)) return '7ff8000000000001'
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  return view.getBigUint64(0).toString(16).padStart(16, '0')
}

describeVectors('go-strconv.json', ({ op, text }) => readers[op]?.(text))
