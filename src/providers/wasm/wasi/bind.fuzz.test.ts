import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WasiRig } from '../../../../test/kit/wasi-rig.ts'
import { hostModules, wasiModule } from './bind.ts'
import { ProgramEnd } from './guest.ts'

const hidden = 'only the host may read this'

/** Numbers as a hostile guest would pick them: small, near the ends of memory, huge. Signed, as they come. */
const memoryBytes = 16 * 65_536
const i32 = fc.oneof(
  fc.integer({ min: 0, max: 9 }),
  fc.integer({ min: memoryBytes - 70, max: memoryBytes + 10 }),
  fc.integer({ min: 0, max: memoryBytes }),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.constantFrom(-1, -2, 2 ** 31 - 1, -(2 ** 31)),
)
const i64 = fc.oneof(
  fc.bigInt({ min: 0n, max: 64n }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(-1n, 2n ** 53n, 2n ** 53n - 1n, 2n ** 63n - 1n, -(2n ** 63n)),
)
const calls = [...(hostModules.get(wasiModule) ?? [])]
const anyCall = fc
  .constantFrom(...calls)
  .chain(([name, { params }]) =>
    fc.tuple(fc.constant(name), fc.tuple(...[...params].map((kind) => (kind === 'i' ? i32 : i64)))),
  )

/** Bytes that look like vectors, paths and subscriptions now and then. */
const anyMemory = fc.array(
  fc.tuple(
    fc.integer({ min: 0, max: 1024 }),
    fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      fc
        .constantFrom('in/data', 'out/new', '../secret/key', 'out/l', '/', '..', 'out', 'out/d', 'in/fifo')
        .map((text) => Buffer.from(text)),
      fc.array(i32, { maxLength: 16 }).map((numbers) => Buffer.from(Int32Array.from(numbers).buffer)),
    ),
  ),
  { maxLength: 8 },
)

describe('the calls of WASI under hostile arguments', () => {
  it('answer with an error number, never with a crash, and leave alone what they may not change', () => {
    fc.assert(
      fc.property(anyMemory, fc.array(anyCall, { minLength: 1, maxLength: 40 }), (memory, calls) => {
        const rig = new WasiRig()
        try {
          writeFileSync(join(rig.folder, 'secret', 'key'), hidden)
          writeFileSync(join(rig.folder, 'in', 'data'), 'data')
          mkdirSync(join(rig.folder, 'out', 'd'))
          for (const [at, bytes] of memory) rig.bytes.set(bytes, at)
          for (const [name, args] of calls) expectAnswer(rig, name, args)
          expect(rig.guest.bug).toBeUndefined()
          expect(readdirSync(rig.folder).sort()).toEqual(['in', 'out', 'secret'])
          expect(readdirSync(join(rig.folder, 'in'))).toEqual(['data'])
          expect(readFileSync(join(rig.folder, 'in', 'data'), 'utf8')).toBe('data')
          expect(readFileSync(join(rig.folder, 'secret', 'key'), 'utf8')).toBe(hidden)
          expect(rig.bytes.includes(hidden)).toBe(false)
        } finally {
          rig.close()
        }
      }),
      { numRuns: 250 },
    )
  })

  it('keep to the guest’s tree whatever sequence of names it tries', () => {
    const name = fc.constantFrom('a', 'b', 's', '.', '..', 'in', 'out', 'secret', 'key', '')
    const path = fc.array(name, { minLength: 1, maxLength: 6 }).map((names) => names.join('/'))
    const anchored = fc.oneof(
      path,
      path.map((text) => `out/${text}`),
      path.map((text) => `/${text}`),
    )
    const step = fc.oneof(
      fc.tuple(fc.constant('symlink' as const), path, anchored),
      fc.tuple(fc.constant('rename' as const), anchored, anchored),
      fc.tuple(fc.constant('link' as const), anchored, anchored),
      fc.tuple(fc.constant('mkdir' as const), anchored, anchored),
      fc.tuple(fc.constant('write' as const), anchored, anchored),
      fc.tuple(fc.constant('unlink' as const), anchored, anchored),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), fc.array(anchored, { maxLength: 10 }), (steps, looks) => {
        const rig = new WasiRig()
        try {
          writeFileSync(join(rig.folder, 'secret', 'key'), hidden)
          for (const [kind, one, other] of steps) {
            if (kind === 'mkdir') rig.onPath('path_create_directory', one)
            else if (kind === 'write') rig.write(one, 'mine')
            else if (kind === 'unlink') rig.onPath('path_unlink_file', one)
            else rig[kind](one, other)
          }
          for (const look of looks) expect(rig.read(look)).not.toContain(hidden)
          expect(readdirSync(rig.folder).sort()).toEqual(['in', 'out', 'secret'])
          expect(readdirSync(join(rig.folder, 'secret'))).toEqual(['key'])
          expect(readdirSync(join(rig.folder, 'in'))).toEqual([])
        } finally {
          rig.close()
        }
      }),
      { numRuns: 300 },
    )
  })
})

function expectAnswer(rig: WasiRig, name: string, args: (number | bigint)[]): void {
  // A long sleep is the world's business, not the call's.
  try {
    const answer = rig.call(name, ...args)
    expect(answer, name).toSatisfy((code: unknown) => typeof code === 'number' && code >= 0 && code <= 76)
  } catch (error) {
    expect(error, name).toBeInstanceOf(ProgramEnd)
    rig.guest.end = undefined
  }
}
