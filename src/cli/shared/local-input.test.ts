import { describe, expect, it } from 'vitest'
import { parseInput } from './local-input.ts'

describe('an input of this machine', () => {
  it.each([
    ['./data', './data', '/inputs/'],
    ['./data:/in', './data', '/in'],
    ['../a:b:/in/c', '../a:b', '/in/c'],
    ['/srv/data:/in', '/srv/data', '/in'],
    ['.', '.', '/inputs/'],
    ['src=./a b,dst=/in', './a b', '/in'],
    ['./data,dst=/in', './data', '/in'],
  ])('%s', (text, path, target) => {
    const source = { Type: 'upload', Params: { Path: path } }
    expect(parseInput(text)).toEqual({ Source: source, Alias: path, Target: target })
  })

  it('is what begins like a path; the rest is read, and refused, as ever', () => {
    expect(parseInput('file:///data').Source.Type).toBe('localDirectory')
    for (const text of ['just-a-path', '.hidden', '~/x'])
      expect(() => parseInput(text)).toThrow('unknown storage schema')
    expect(() => parseInput('./data,opt=rw=true')).toThrow('an input of this machine has no opt')
    expect(() => parseInput('./data:/in:ro')).toThrow('an input of this machine has no mode :ro')
    expect(() => parseInput('src=./data,dst=/in:rw')).toThrow('an input of this machine has no mode :rw')
    expect(parseInput('./data:/in:here').Target).toBe('/in:here')
  })
})
