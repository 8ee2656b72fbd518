import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeVectors } from '../../test/kit/vectors.ts'
import { readCsvRecord } from './csv.ts'

describe('CSV records', () => {
  it('may hold commas and quotes in quoted fields', () => {
    expect(readCsvRecord('a,"b,c","d ""e"""')).toEqual(['a', 'b,c', 'd "e"'])
  })

  it('end with their line', () => {
    expect(readCsvRecord('\n\na,b\nc')).toEqual(['a', 'b'])
    expect(() => readCsvRecord('\n')).toThrow('EOF')
  })

  it('give back any fields that are quoted', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), (fields) => {
        const record = fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(',')
        expect(readCsvRecord(record)).toEqual(fields)
      }),
      { seed: 1 },
    )
  })
})

describeVectors('csv-record.json', readCsvRecord)
