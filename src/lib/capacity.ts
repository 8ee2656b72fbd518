import { parseCpu } from './cpu.ts'
import { Fault, messageOf } from './fault.ts'
import { parseFloat, parseUint } from './go/strconv-parse.ts'
import type { ResourceNumbers } from './resources.ts'
import { parseBytes } from './sizes.ts'

/** What a node offers: per dimension an amount, or a share of what the machine has (`80%`). */
export type CapacityTexts = { CPU: string; Memory: string; Disk: string; GPU: string }

/**
 * Applies a node's capacity setting to what the machine has. Shares are rounded down, but a machine with GPUs offers
 * at least one. Throws Fault('BadRequest') with Bacalhau's sentence for the first dimension that cannot be read.
 */
export const parseCapacity = (texts: CapacityTexts, total: ResourceNumbers): ResourceNumbers => ({
  CPU: share(texts.CPU, total.CPU, 'cpu capacity ') ?? amount('CPU', texts.CPU, parseCpu),
  Memory: whole(share(texts.Memory, total.Memory, 'memory capacity ')) ?? amount('Memory', texts.Memory, parseBytes),
  Disk: whole(share(texts.Disk, total.Disk, 'disk capacity ')) ?? amount('Disk', texts.Disk, parseBytes),
  GPU:
    devices(share(texts.GPU, total.GPU, ''), total.GPU) ?? amount('GPU', texts.GPU, (text) => Number(parseUint(text))),
})

/** The part of `total` that `NN%` stands for; undefined when the text is no share. */
function share(text: string, total: number, prefix: string): number | undefined {
  if (!text.endsWith('%')) return undefined
  const percent = percentOf(text.slice(0, -1), prefix)
  if (percent >= 0 && percent <= 100) return (total * percent) / 100
  throw new Fault('BadRequest', `${prefix}percentage must be between 0% and 100%, got ${text}`)
}

function percentOf(text: string, prefix: string): number {
  try {
    return parseFloat(text)
  } catch (error) {
    throw new Fault('BadRequest', `${prefix}invalid percentage format: ${messageOf(error)}`)
  }
}

function amount(name: string, text: string, parse: (text: string) => number): number {
  try {
    return parse(text)
  } catch (error) {
    throw new Fault('BadRequest', `invalid ${name} value "${text}": ${messageOf(error)}`)
  }
}

const whole = (value: number | undefined): number | undefined => (value === undefined ? undefined : Math.trunc(value))

const devices = (value: number | undefined, total: number): number | undefined =>
  value === undefined || total === 0 ? value : Math.max(1, Math.trunc(value))
