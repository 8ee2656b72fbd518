import { describe, expect, it } from 'vitest'
import { equalFold, toLower, toUpper, trimSpace } from './unicode.ts'

describe('characters as Go knows them', () => {
  it('trim what Go calls space', () => {
    expect(trimSpace('\u0085\u00a0 a b\u3000\n')).toBe('a b')
    expect(trimSpace('\ufeffa')).toBe('\ufeffa')
    expect(trimSpace(' \t ')).toBe('')
  })

  it('change case one character for one', () => {
    expect(toUpper('straße ﬁ ᾳ ÿ')).toBe('STRAßE ﬁ ᾼ Ÿ')
    expect(toLower('İÀK')).toBe('iàk')
  })

  it('fold case simply', () => {
    expect([equalFold('Kelvin', '\u212aELVIN'), equalFold('ı', 'I'), equalFold('a', 'ab')]).toEqual([
      true,
      false,
      false,
    ])
  })
})
