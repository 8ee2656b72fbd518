import { describe, expect, it } from 'vitest'
import { describeVectors } from '../../test/kit/vectors.ts'
import type { Out } from './out.ts'
import { keyValues, printDocument } from './print.ts'

describeVectors('key-value.json', (pairs: [string, string][]) => keyValues(pairs))

const printed = async (json: string, output: 'json' | 'yaml' | 'table' | 'csv', pretty = false) => {
  let text = ''
  const out: Out = { isTerminal: false, canRedraw: false, columns: undefined, write: (part) => void (text += part) }
  await printDocument(out, json, { output, pretty })
  return text
}

describe('documents', () => {
  it('keep integers beyond 2^53 and escape what could end a script, as JSON and YAML [R10][R210]', async () => {
    const json = '{"T":1795485270810292371,"S":"\\u003ca\\u003e","Params":{"n":1.0}}'
    expect(await printed(json, 'json')).toBe(`${json}\n`)
    expect(await printed(json, 'json', true)).toBe(
      '{\n  "T": 1795485270810292371,\n  "S": "\\u003ca\\u003e",\n  "Params": {\n    "n": 1.0\n  }\n}\n',
    )
    expect(await printed(json, 'yaml', true)).toBe('Params:\n  "n": 1\nS: <a>\nT: 1795485270810292371\n')
  })

  it('cannot be tables', async () => {
    await expect(printed('{}', 'table')).rejects.toThrow('invalid format "table"')
  })
})
