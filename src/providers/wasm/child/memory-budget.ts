import { formatBinaryBytes } from '#lib/sizes.ts'
import { pageBytes } from '../binary/limits.ts'
import type { Guest } from '../wasi/guest.ts'
import type { Program, ProgramPart } from './load-program.ts'
import { ModuleProblem } from './module-problem.ts'

/**
 * How far the memory of each part may grow, in pages, so that all together stay within the job's limit: each has what it
 * starts with, and what is left is shared equally. Fails when even the start does not fit.
 */
export function shareMemory(program: Program, limitPages: number): Map<ProgramPart, number> {
  const owners = program.parts.filter(({ module }) => module.prepared.ownMemory !== undefined)
  const neededPages = owners.reduce((sum, part) => sum + minimumOf(part), 0)
  if (neededPages > limitPages) {
    throw new ModuleProblem(
      `memory: min ${neededPages} pages (${mebibytes(neededPages)}) over limit of ${limitPages} pages (${mebibytes(limitPages)})`,
      { class: 'resource', lacks: 'memory' },
    )
  }
  const share = Math.floor((limitPages - neededPages) / Math.max(1, owners.length))
  return new Map(owners.map((part) => [part, minimumOf(part) + share]))
}

const minimumOf = ({ module }: ProgramPart): number => module.prepared.ownMemory?.limits.min ?? 0
const mebibytes = (pages: number): string => `${Math.ceil((pages * pageBytes) / 1_048_576)} Mi`

const sizeOf = (pages: number): string => formatBinaryBytes(pages * pageBytes)

/** What is to be said of the memory of a program that broke off; undefined = it was not refused any that its job could give. */
export function wantOfMemory({ memories, growths }: Pick<Guest, 'memories' | 'growths'>): string | undefined {
  for (const { memory, refused } of growths) {
    const limitPages = memories.find((each) => each.memory === memory)?.limitPages
    // Signed as every number that leaves a program.
    const askedPages = refused.value >>> 0
    if (limitPages === undefined || askedPages === 0) continue
    const pages = memory.buffer.byteLength / pageBytes
    return `it had ${sizeOf(pages)} of the ${sizeOf(limitPages)} of memory it may have, and was refused ${sizeOf(askedPages)} more`
  }
  return undefined
}
