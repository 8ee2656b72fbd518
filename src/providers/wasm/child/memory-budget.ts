import { formatBinaryBytes } from '#lib/sizes.ts'
import { pageBytes } from '../binary/limits.ts'
import type { RunMemory } from '../wasi/guest.ts'
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

/** Of the limit, that a program leaves at most when it was refused more: what it asks for at once is less, as a rule. */
const leftPart = 1 / 8

/**
 * What is to be said of the memory of a program that broke off; undefined = nothing. It is not seen when a program is
 * refused memory, only that it had taken nearly all it may have: then it most likely broke off for want of more.
 */
export function wantOfMemory(memories: readonly RunMemory[]): string | undefined {
  for (const { memory, startPages, limitPages = Infinity } of memories) {
    const pages = memory.buffer.byteLength / pageBytes
    if (pages > startPages && pages > limitPages * (1 - leftPart))
      return `its memory had grown to ${sizeOf(pages)} of the ${sizeOf(limitPages)} it may have`
  }
  return undefined
}
