import { Fault } from './fault.ts'
import { parseFloat, parseInt } from './go/strconv-parse.ts'

/** What Go's conversion to int64 gives for a number that does not fit; such a CPU is negative and refused later. */
const notAnInt64 = -(2 ** 63)

/**
 * Reads CPU text (`2`, `0.5`, `500m`) as cores, rounded towards zero to a thousandth.
 * Throws Fault('BadRequest', `unknown cpu format: …`). A negative amount is a number here; who needs it positive checks.
 */
export function parseCpu(text: string): number {
  try {
    return (text.endsWith('m') ? Number(parseInt(text.slice(0, -1))) : thousandths(parseFloat(text))) / 1000
  } catch {
    throw new Fault('BadRequest', `unknown cpu format: ${text}`, {
      hint: 'Write CPU as cores (2, 0.5) or thousandths (500m).',
    })
  }
}

function thousandths(cores: number): number {
  const milli = Math.trunc(cores * 1000)
  return Math.abs(milli) < 2 ** 63 ? milli : notAnInt64
}
