import { Fault } from '../fault.ts'

/** Reads `K=V` texts with exactly one `=` each; later keys win. Throws Fault('BadRequest') for any other text. */
export function parseKeyValues(texts: readonly string[]): Record<string, string> {
  const pairs = texts.map((text) => {
    const parts = text.split('=')
    if (parts.length === 2) return parts as [string, string]
    throw new Fault('BadRequest', `expected 'key=value', received invalid format for key-value pair: ${text}`, {
      hint: 'Write NAME=value, with one =; a value that has one itself can be given in a job file.',
    })
  })
  return Object.fromEntries(pairs)
}
