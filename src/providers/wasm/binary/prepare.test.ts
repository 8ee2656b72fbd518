import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeName, encodeU32 } from './byte-reader.ts'
import { InvalidModule } from './invalid-module.ts'
import { type PreparedModule, prepareModule } from './prepare.ts'

const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
const section = (id: number, ...payload: number[]): number[] => [id, ...encodeU32(payload.length), ...payload]
const moduleOf = (...sections: number[][]): Uint8Array<ArrayBuffer> => Uint8Array.from([...header, ...sections.flat()])
const exportMemory = section(7, 1, ...encodeName('memory'), 2, 0)
const fixtures = join(import.meta.dirname, '../../../../test/fixtures/wasm')
const programs = readdirSync(fixtures)
  .filter((name) => name.endsWith('.wasm'))
  .map((name) => Uint8Array.from(readFileSync(join(fixtures, name))))

/** Instantiates with the memory a run would give, at most so many pages. */
function grown(module: Uint8Array, limitPages: number): { grow(pages: number): number; refused(): number } {
  const { bytes, ownMemory, refusedPages = '' } = prepareModule(module)
  if (!ownMemory) throw new Error('it has no memory of its own')
  const maximum = Math.min(ownMemory.limits.max ?? limitPages, limitPages)
  const memory = new WebAssembly.Memory({ initial: ownMemory.limits.min, maximum })
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    [ownMemory.module]: { [ownMemory.name]: memory },
  })
  const kept = exports[refusedPages] as WebAssembly.Global
  return { grow: exports['grow'] as (pages: number) => number, refused: () => kept.value }
}

/** (memory <limits>) and `grow`, which gives what memory.grow gives. */
const growing = (...limits: number[]): Uint8Array =>
  moduleOf(
    section(1, 1, 0x60, 1, 0x7f, 1, 0x7f),
    section(3, 1, 0),
    section(5, 1, ...limits),
    section(7, 1, ...encodeName('grow'), 0, 0),
    section(10, 1, 6, 0, 0x20, 0, 0x40, 0, 0x0b),
  )

describe('preparing a module', () => {
  it('makes memory.grow fail inside the guest at the limit of the run', () => {
    const { grow } = grown(growing(0, 1), 10)
    expect([grow(9), grow(1), grow(65_000)]).toEqual([1, -1, -1])
  })

  it('keeps a maximum of the module’s own that is lower', () => {
    const { grow } = grown(growing(1, 1, 3), 10)
    expect([grow(2), grow(1)]).toEqual([1, -1])
  })

  it('lets a module say what it was refused last, until it gets some, and changes nothing else for it', () => {
    const { grow, refused } = grown(growing(0, 1), 10)
    expect([refused(), grow(3), refused()]).toEqual([0, 1, 0])
    expect([grow(7), refused(), grow(0xffff_ffff), refused()]).toEqual([-1, 7, -1, -1])
    expect([grow(6), refused()]).toEqual([4, 0])
  })

  it('finds where a module grows its memory among instructions of every kind', () => {
    // i32.const 0x40, a branch table, a block without a result, both after one that only looks like it.
    const body = [1, 1, 0x7f, 0x41, 0xc0, 0x00, 0x1a, 0x02, 0x40, 0x20, 0, 0x0e, 0, 0, 0x0b, 0x20, 0, 0x40, 0, 0x0b]
    const module = moduleOf(
      section(1, 1, 0x60, 1, 0x7f, 1, 0x7f),
      section(3, 1, 0),
      section(5, 1, 0, 1),
      section(7, 1, ...encodeName('grow'), 0, 0),
      section(10, 1, body.length, ...body),
    )
    const { grow, refused } = grown(module, 10)
    expect([grow(20), refused(), grow(2)]).toEqual([-1, 20, 1])
  })

  it('leaves a function alone that has an instruction it does not know', () => {
    const bytes = [0xfd, 0xff, 0xff, 0x03, 0x40, 0]
    const module = moduleOf(section(1, 1, 0x60, 0, 0), section(3, 1, 0), section(10, 1, 8, 0, ...bytes, 0x0b))
    expect(prepareModule(module)).toMatchObject({ refusedPages: undefined, bytes: module })
  })

  it('keeps exports, data and everything else of the module', () => {
    const { bytes, ownMemory } = prepareModule(
      moduleOf(section(5, 1, 0, 1), exportMemory, section(11, 1, 0, 0x41, 8, 0x0b, 2, 0x68, 0x69)),
    )
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 2 })
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      [ownMemory?.module as string]: { [ownMemory?.name as string]: memory },
    })
    expect(exports['memory']).toBe(memory)
    expect(Buffer.from(memory.buffer, 8, 2).toString()).toBe('hi')
  })

  it('names its memory as no import of the module is named', () => {
    const imports = section(2, 1, ...encodeName('runner'), ...encodeName('memory'), 3, 0x7f, 0)
    const prepared = prepareModule(moduleOf(imports, section(5, 1, 0, 1)))
    expect(prepared.ownMemory?.module).toBe('runner_')
    expect(prepared.imports).toMatchObject([{ module: 'runner', kind: 'global' }])
    expect(WebAssembly.validate(prepared.bytes)).toBe(true)
  })

  it('leaves an imported memory to whoever exports it', () => {
    const imports = section(2, 1, ...encodeName('env'), ...encodeName('memory'), 2, 0, 1)
    const prepared = prepareModule(moduleOf(imports))
    expect(prepared.ownMemory).toBeUndefined()
    expect(prepared.imports).toEqual([
      { module: 'env', name: 'memory', kind: 'memory', limits: { min: 1, max: undefined } },
    ])
  })

  it('bounds tables', () => {
    const table = (...limits: number[]) =>
      moduleOf(section(4, 1, 0x70, ...limits), section(7, 1, ...encodeName('t'), 1, 0))
    const open = (module: Uint8Array) =>
      new WebAssembly.Instance(new WebAssembly.Module(prepareModule(module).bytes), {}).exports['t'] as {
        grow(by: number): number
      }
    expect(() => open(table(0, 1)).grow(2_000_000)).toThrow()
    expect(open(table(0, 1)).grow(10)).toBe(1)
    expect(() => open(table(1, 1, 5)).grow(5)).toThrow()
    expect(() => prepareModule(table(0, ...encodeU32(2_000_000)))).toThrow('tables of more than 1000000 entries')
  })

  const refused: [what: string, module: Uint8Array, text: string][] = [
    ['nothing', new Uint8Array(), 'invalid magic number'],
    ['text', Buffer.from('Name: job\nType: batch\n'), 'invalid magic number'],
    ['another version', Uint8Array.from([0, 0x61, 0x73, 0x6d, 2, 0, 0, 0]), 'invalid version header'],
    [
      'a component',
      Uint8Array.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]),
      'components (WASI preview 2) are not supported: build a module for WASI preview 1',
    ],
    ['a cut module', moduleOf(section(5, 1, 0, 1)).subarray(0, 12), 'unexpected end of the module'],
    ['memory64', growing(4, 1), 'memory64 is not supported'],
    ['shared memory', growing(3, 1, 2), 'shared memory (threads) is not supported'],
    ['two memories', moduleOf(section(5, 2, 0, 1, 0, 1)), 'multiple memories are not supported'],
    [
      'an imported and an own memory',
      moduleOf(section(2, 1, 1, 0x61, 1, 0x62, 2, 0, 1), section(5, 1, 0, 1)),
      'multiple memories are not supported',
    ],
    ['a memory beyond 4 GiB', growing(0, ...encodeU32(65_537)), 'at most 65536 pages'],
    ['a maximum below the minimum', growing(1, 2, 1), 'size minimum must not be greater than maximum'],
    ['garbage-collected types', moduleOf(section(1, 1, 0x5f, 0)), 'garbage-collected types are not supported'],
    ['two memory sections', moduleOf(section(5, 1, 0, 1), section(5, 1, 0, 1)), 'unexpected section 5'],
    ['sections out of order', moduleOf(section(5, 1, 0, 1), section(4, 0)), 'unexpected section 4'],
    ['an unknown section', moduleOf(section(77)), 'unknown section 77'],
    ['an overlong number', moduleOf([5, 0x80, 0x80, 0x80, 0x80, 0x80, 0]), 'malformed number'],
  ]
  it.each(refused)('refuses %s', (_what, module, text) => {
    expect(() => prepareModule(module)).toThrow(InvalidModule)
    expect(() => prepareModule(module)).toThrow(text)
  })

  it('accepts a module without a name section [X29]', () => {
    const { bytes } = prepareModule(growing(0, 1))
    expect(WebAssembly.validate(bytes)).toBe(true)
  })

  it('never makes a valid module invalid, nor an invalid one valid', () => {
    expect(programs.length).toBeGreaterThan(2)
    fc.assert(
      fc.property(
        fc.constantFrom(...programs, growing(0, 1), growing(1, 1, 3)),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.constantFrom('set', 'drop', 'add')), {
          maxLength: 3,
        }),
        (program, changes) => {
          const bytes = [...program]
          for (const [at, byte, kind] of changes) {
            // Most of what matters stands in front.
            const index = at % Math.min(bytes.length, 300)
            if (kind === 'set') bytes[index] = byte
            else if (kind === 'drop') bytes.splice(index, 1)
            else bytes.splice(index, 0, byte)
          }
          const changed = Uint8Array.from(bytes)
          const prepared = attempt(changed)
          if (prepared) expect(WebAssembly.validate(prepared.bytes)).toBe(isValid(changed, prepared))
          else expect(isRefusable(changed)).toBe(true)
        },
      ),
      { numRuns: 3000 },
    )
  })

  it('survives bytes of any kind', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (tail) => {
        attempt(Uint8Array.from([...header, ...tail]))
        attempt(Uint8Array.from(tail))
      }),
      { numRuns: 3000 },
    )
  })
})

/** In one whose growth is watched, the first number behind the last of its functions, types or globals stands for one of ours. */
const isValid = (module: Uint8Array<ArrayBuffer>, { bytes, refusedPages }: PreparedModule): boolean =>
  WebAssembly.validate(module) || (refusedPages !== undefined && WebAssembly.validate(bytes))

/** The prepared module, or nothing when it was refused as a module; anything else that is thrown is a bug. */
function attempt(module: Uint8Array): PreparedModule | undefined {
  try {
    return prepareModule(module)
  } catch (error) {
    if (error instanceof InvalidModule) return undefined
    throw error
  }
}

/** Whether V8 refuses it as well, or it uses what we refuse on purpose. */
function isRefusable(module: Uint8Array<ArrayBuffer>): boolean {
  if (!WebAssembly.validate(module)) return true
  try {
    prepareModule(module)
    return false
  } catch (error) {
    return /not supported|entries|at most 65536 pages/.test((error as Error).message)
  }
}
