import { expect, it } from 'vitest'
import { parseWire } from './wire-json.ts'

it('reads a key with an escape after one with a backslash at that place, and every digit of an integer', () => {
  expect(parseWire('{"v5":1,"z\\\\":9007199254740993}')).toEqual({ v5: 1, 'z\\': 9007199254740993n })
  expect(parseWire('{"v5":1,"z\\n":9007199254740993}')).toEqual({ v5: 1, 'z\n': 9007199254740993n })
})
