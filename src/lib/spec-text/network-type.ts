import { Fault } from '../fault.ts'

const networkWords = ['None', 'Full', 'HTTP', 'Host', 'Bridge', 'Default'] as const
export type NetworkWord = (typeof networkWords)[number]

/** Reads a network type without regard to case and the blanks around it. Throws Fault('BadRequest') for another word. */
export function parseNetworkType(text: string): NetworkWord {
  const wanted = text.trim().toLowerCase()
  const word = networkWords.find((each) => each.toLowerCase() === wanted)
  if (word !== undefined) return word
  throw new Fault('BadRequest', `models.Network: unknown type '${text}'`, {
    hint: `Networks are ${networkWords.join(', ').toLowerCase()}.`,
  })
}
