import { expect, it } from 'vitest'
import type { Flag } from '../flags.ts'
import { ownShapeFlags, shapeFlags, tableFlags, yamlFlags } from './output-flags.ts'

const read = ({ output }: { output: Flag }, text: string) => output.type.read(text, output.default, true)

it('a form of output that is none is refused with those the command writes, which completion offers too [R209]', () => {
  expect(() => read(tableFlags, 'xml')).toThrow('should be one of ["table" "csv" "json" "yaml"]')
  for (const flags of [shapeFlags, yamlFlags, ownShapeFlags]) {
    expect(() => read(flags, 'xml')).toThrow('should be one of ["json" "yaml"]')
    expect(flags.output.words).toEqual(['json', 'yaml'])
  }
})

it('the forms of tables are refused where one thing is shown: before anything is asked, or in the recorded words', () => {
  for (const form of ['table', 'csv']) {
    expect(() => read(ownShapeFlags, form)).toThrow('should be one of ["json" "yaml"]')
    expect(read(shapeFlags, form)).toBe(form)
  }
})
