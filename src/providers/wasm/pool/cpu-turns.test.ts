import { describe, expect, it } from 'vitest'
import { CpuTurns } from './cpu-turns.ts'

describe('programs that compute at once', () => {
  it('all go on while they are few', () => {
    const turns = new CpuTurns<string>(2)
    expect([...turns.waiting(new Set('ab'))]).toEqual([])
    expect([...turns.waiting(new Set('b'))]).toEqual([])
  })

  it('take turns when they are many, each as often as the others', () => {
    const turns = new CpuTurns<string>(2)
    const had: Record<string, number> = {}
    for (let look = 0; look < 50; look++) {
      const waiting = turns.waiting(new Set('abcde'))
      expect(waiting.size).toBe(3)
      for (const each of 'abcde') if (!waiting.has(each)) had[each] = (had[each] ?? 0) + 1
    }
    expect(had).toEqual({ a: 20, b: 20, c: 20, d: 20, e: 20 })
  })

  it('leave their turn to others when they end or rest', () => {
    const turns = new CpuTurns<string>(1)
    expect([...turns.waiting(new Set('abc'))]).toEqual(['b', 'c'])
    expect([...turns.waiting(new Set('ac'))]).toEqual(['a'])
    expect([...turns.waiting(new Set('a'))]).toEqual([])
  })
})
