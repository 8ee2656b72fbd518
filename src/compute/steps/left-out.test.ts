import { expect, it } from 'vitest'
import { LeftOut } from './left-out.ts'

const textOf = (...names: string[]): string | undefined => {
  const leftOut = new LeftOut()
  for (const name of names) leftOut.add(name, 'it leads out of the folder')
  return leftOut.text()
}

it('what is not published is named with its reason, on one line', () => {
  expect(textOf()).toBeUndefined()
  expect(textOf('outputs/a\nb')).toBe('Left out of the result: "outputs/a\\nb" (it leads out of the folder)')
})

it('of very much that is not published only some is named', () => {
  const text = textOf(...Array.from({ length: 1_000 }, (_, n) => `${n}/${'x'.repeat(4000)}`))
  expect(text).toMatch(/^Left out of the result: "0\/x+…" .* and 995 more$/)
  expect(text?.length).toBeLessThan(2000)
})
