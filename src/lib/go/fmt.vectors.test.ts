import { describeVectors } from '../../../test/kit/vectors.ts'
import { sprintf } from './fmt.ts'
import { type GoValue, goString } from './fmt-value.ts'

const print = (value: GoValue, formats: Record<string, string>) =>
  Object.fromEntries(Object.entries(formats).map(([name, format]) => [name, sprintf(format, [value])]))

const printers: Record<string, (input: never) => unknown> = {
  quote: ({ text }: { text: string }) => print(goString(text), { q: '%q', plusq: '%+q', sharpq: '%#q' }),
  list: ({ list }: { list: string[] | null }) =>
    print({ kind: 'list', items: list }, { v: '%v', q: '%q', sharpv: '%#v' }),
  map: ({ map }: { map: Record<string, string> | null }) =>
    print({ kind: 'map', entries: map && new Map(Object.entries(map)) }, { v: '%v', q: '%q' }),
  float: ({ bits }: { bits: string }) =>
    print({ kind: 'float64', number: floatOf(bits) }, { v: '%v', g: '%g', f: '%f', f1: '%.1f', f2: '%.2f' }),
}

function floatOf(bits: string): number {
  const view = new DataView(new ArrayBuffer(8))
  view.setBigUint64(0, BigInt(`0x${bits}`))
  return view.getFloat64(0)
}

describeVectors('go-fmt.json', (input) => (printers[input.op] as (input: never) => unknown)(input as never))
