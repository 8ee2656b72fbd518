import { parseCpu } from './cpu.ts'
import { Fault } from './fault.ts'
import { formatFloat } from './go/strconv-float.ts'
import { parseUint } from './go/strconv-parse.ts'
import { formatBytes, parseBytes } from './sizes.ts'

/** Amounts as text, as in job files. Absent or empty = nothing asked. */
export type ResourceTexts = { CPU?: string; Memory?: string; Disk?: string; GPU?: string }

/** Amounts as numbers: cores, bytes, bytes, devices. */
export type ResourceNumbers = { CPU: number; Memory: number; Disk: number; GPU: number }

const dimensions = ['CPU', 'Memory', 'Disk', 'GPU'] as const

/** The stored form: lower case, without blanks and line ends; empty texts are left out. */
export function normalizeResources(texts: ResourceTexts): ResourceTexts {
  const normal: ResourceTexts = {}
  for (const dimension of dimensions) {
    const text = texts[dimension]?.toLowerCase().replace(/[ \n]/g, '')
    if (text) normal[dimension] = text
  }
  return normal
}

/** Many jobs ask for the same, and each is asked many times what it needs. */
const readBefore = new Map<string, ResourceNumbers>()
const readBeforeLimit = 1_000

/**
 * Reads a task's resources (normalised first). Throws Fault('BadRequest') that names every amount that cannot be read,
 * one a line; an unreadable GPU is told alone. A CPU below zero is read; `checkResources` refuses it.
 */
export function parseResources(texts: ResourceTexts): ResourceNumbers {
  const { CPU = '', Memory = '', Disk = '', GPU = '' } = texts
  const asked = `${CPU}\0${Memory}\0${Disk}\0${GPU}`
  const known = readBefore.get(asked)
  if (known) return { ...known }
  const amounts = readResources(texts)
  if (readBefore.size >= readBeforeLimit) readBefore.clear()
  readBefore.set(asked, amounts)
  return { ...amounts }
}

function readResources(texts: ResourceTexts): ResourceNumbers {
  const { CPU = '', Memory = '', Disk = '', GPU = '' } = normalizeResources(texts)
  const problems: string[] = []
  const read = (text: string, kind: string, parse: (text: string) => number): number => {
    try {
      return text === '' ? 0 : parse(text)
    } catch {
      problems.push(`invalid ${kind} value: ${text}`)
      return 0
    }
  }
  const devices = read(GPU, 'GPU', (text) => Number(parseUint(text)))
  if (problems.length === 0) {
    const amounts = {
      CPU: read(CPU, 'CPU', parseCpu),
      Memory: read(Memory, 'memory', parseBytes),
      Disk: read(Disk, 'disk', parseBytes),
      GPU: devices,
    }
    if (problems.length === 0) return amounts
  }
  throw new Fault('BadRequest', problems.join('\n'), { hint: 'For example CPU 500m, Memory 512Mb, Disk 10Gb, GPU 1.' })
}

/** Like `parseResources`, and refuses a negative CPU. */
export function checkResources(texts: ResourceTexts): ResourceNumbers {
  const amounts = parseResources(texts)
  if (amounts.CPU < 0) throw new Fault('BadRequest', `invalid CPU value: ${amounts.CPU.toFixed(6)}`)
  return amounts
}

/** `{CPU: 0.5, Memory: 1.0 GB, Disk: 0 B, GPU: 0}` */
export const formatResources = ({ CPU, Memory, Disk, GPU }: ResourceNumbers): string =>
  `{CPU: ${formatFloat(CPU, 'g')}, Memory: ${formatBytes(Memory)}, Disk: ${formatBytes(Disk)}, GPU: ${GPU}}`
