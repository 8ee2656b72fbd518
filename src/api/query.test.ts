import { describe, expect, it } from 'vitest'
import { param, readQuery, writeQuery } from './query.ts'

const schema = {
  limit: param('uint32', 'most items'),
  reverse: param('bool', 'backwards'),
  labels: param('texts', 'selector'),
  since: param('int64', 'seconds'),
  pretty: param('flag', 'readable'),
  order_by: param('text', 'field'),
  wait: param('wait', 'how long'),
}

describe('query parameters', () => {
  it('match names without case, take the first value and every label [R74, R75]', () => {
    expect(readQuery(schema, 'LIMIT=1&limit=3&labels=a%3Db&labels=c&Reverse=True&pretty&unknown=1')).toEqual({
      limit: 1,
      labels: ['a=b', 'c'],
      reverse: true,
      pretty: true,
    })
  })

  it('count an empty value as absent', () => {
    expect(readQuery(schema, 'limit=&order_by=&since=&reverse=')).toEqual({})
  })

  it.each([
    ['limit=abc', 'strconv.ParseUint: parsing "abc": invalid syntax'],
    ['limit=-1', 'strconv.ParseUint: parsing "-1": invalid syntax'],
    ['limit=4294967296', 'strconv.ParseUint: parsing "4294967296": value out of range'],
    ['since=1.5', 'strconv.ParseInt: parsing "1.5": invalid syntax'],
    ['reverse=maybe', 'strconv.ParseBool: parsing "maybe": invalid syntax'],
  ])('refuse %s in the words clients know', (text, reason) => {
    expect(() => readQuery(schema, text)).toThrow(`code=400, message=${reason}, internal=${reason}`)
  })

  it('survive being written and read', () => {
    const query = { limit: 5, labels: ['a in (b,c)', '!d'], since: 12n, reverse: true, pretty: true, wait: 1500 }
    expect(readQuery(schema, writeQuery(schema, query).slice(1))).toEqual(query)
    expect(writeQuery(schema, { reverse: false })).toBe('')
  })
})
