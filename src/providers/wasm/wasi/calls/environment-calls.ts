import type { GuestMemory } from '../guest-memory.ts'
import { type Call, call } from './call.ts'

/** Arguments and environment. */
export const environmentCalls: Record<string, Call> = {
  args_sizes_get: call('ii', ({ args }, memory, count: number, size: number) => writeSizes(memory, args, count, size)),
  args_get: call('ii', ({ args }, memory, pointers: number, bytes: number) =>
    writeTexts(memory, args, pointers, bytes),
  ),
  environ_sizes_get: call('ii', ({ env }, memory, count: number, size: number) => writeSizes(memory, env, count, size)),
  environ_get: call('ii', ({ env }, memory, pointers: number, bytes: number) =>
    writeTexts(memory, env, pointers, bytes),
  ),
}

function writeSizes(memory: GuestMemory, texts: readonly Buffer[], count: number, size: number): void {
  memory.setU32(count, texts.length)
  memory.setU32(
    size,
    texts.reduce((sum, text) => sum + text.length, 0),
  )
}

function writeTexts(memory: GuestMemory, texts: readonly Buffer[], pointers: number, bytes: number): void {
  let at = bytes
  texts.forEach((text, index) => {
    memory.setU32(pointers + index * 4, at)
    memory.bytes(at, text.length).set(text)
    at += text.length
  })
}
