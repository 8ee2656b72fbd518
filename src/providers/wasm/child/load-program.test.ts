import { execFileSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { copyFileSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { moduleRef, orderFor, runOrder, TempFolders, wasmFixture } from '../../../../test/kit/wasm-order.ts'
import type { RunOrder } from '../protocol/run-order.ts'
import { ModuleStore } from './module-store.ts'

const failureOf = (...args: Parameters<typeof runOrder>) => runOrder(...args).report.failure
/** A module that imports one function, `f`, from there. */
const importingModule = (name: string): Buffer => {
  const wanted = [1, name.length, ...Buffer.from(name), 1, 0x66, 0, 0]
  return Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 2, wanted.length, ...wanted])
}
const prefix = 'failed to instantiate entry module module (inline): '

describe('a program', () => {
  const folders = new TempFolders()
  afterAll(() => folders.close())

  describe('links', () => {
    it('import modules by their alias, whatever else they export [R167]', () => {
      const order = orderFor('link-main', { imports: [moduleRef('link-lib', 'lib')] })
      expect(runOrder(order).report).toMatchObject({ exitCode: 42 })
    })

    it('inputs by their alias, and what those import', () => {
      const aliases = [moduleRef('link-deep', 'lib'), moduleRef('link-lib', 'deep')]
      expect(runOrder(orderFor('link-main', { aliases })).report).toMatchObject({ exitCode: 42 + 42 + 7 })
    })

    it('modules that lie in the program’s own tree under that name', () => {
      const mounts = [{ guestPath: '/lib', hostPath: wasmFixture('link-lib'), isReadOnly: true }]
      expect(runOrder(orderFor('link-main', { mounts })).report).toMatchObject({ exitCode: 42 })
    })

    it('an import module before an input of the same alias, and each module once', () => {
      const order = orderFor('link-main', {
        imports: [moduleRef('link-lib', 'deep'), moduleRef('link-deep', 'lib')],
        aliases: [moduleRef('hello', 'lib')],
      })
      const { report } = runOrder(order)
      expect(report).toMatchObject({ exitCode: 91 })
      expect(report.modules).toHaveLength(3)
    })

    it('import modules in the order they need each other, whatever order they are given in, and each once', () => {
      const imports = [moduleRef('link-deep', 'lib'), moduleRef('link-lib', 'deep')]
      const { report } = runOrder(orderFor('link-main', { imports }))
      expect(report).toMatchObject({ exitCode: 42 + 42 + 7 })
      expect(report.modules).toHaveLength(3)
    })

    it('nothing when a module that an import module needs is none, and blames that one', () => {
      const bad = { ...moduleRef(join(import.meta.dirname, 'entry.ts'), 'deep'), failurePrefix: 'import module (bad)' }
      const imports = [{ ...moduleRef('link-deep', 'lib'), failurePrefix: 'import module (good)' }, bad]
      expect(failureOf(orderFor('link-main', { imports }))?.message).toBe('import module (bad): invalid magic number')
    })

    it('nothing for an unknown name, and says what it could have been', () => {
      const failure = failureOf(orderFor('link-main'))
      expect(failure?.class).toBe('user')
      expect(failure?.message).toContain(
        `${prefix}could not find WASM module with name "lib". expecting a built-in module name ` +
          `(like "wasi_snapshot_preview1"), or the Alias of one of the job's InputSources`,
      )
      expect(failure?.hint).toBe(
        'Give that module among the import modules or inputs, with Alias lib, or as an input with Target /lib',
      )
    })

    it('nothing of another version of WASI, and says which is supported', () => {
      for (const name of ['wasi:cli/exit@0.2.0', 'wasi_unstable']) {
        const bytes = importingModule(name)
        const entry = { ...moduleRef(''), place: { base64: bytes.toString('base64') } }
        expect(failureOf(orderFor('', { entry }))).toMatchObject({
          message: expect.stringContaining(`could not find WASM module with name "${name}"`),
          hint: expect.stringContaining('Only preview 1 is supported'),
        })
      }
    })

    it('nothing from the module that is run', () => {
      const order = orderFor('noop', { imports: [moduleRef('link-main', 'first')] })
      expect(failureOf({ ...order, entry: { ...order.entry, alias: 'lib' } })?.message).toContain(
        'nothing can import from the entry module, which is linked last: first -> lib',
      )
    })

    it('nothing in a circle', () => {
      const aliases = [moduleRef('link-circle', 'lib')]
      expect(failureOf(orderFor('link-main', { aliases }))).toMatchObject({
        message: expect.stringContaining('modules import each other in a circle:  -> lib -> lib'),
        class: 'user',
      })
    })

    it('nothing that is not exported there', () => {
      const imports = [moduleRef('noop', 'lib')]
      expect(failureOf(orderFor('link-main', { imports }))?.message).toBe('"answer" is not exported in module "lib"')
    })

    it('nothing when an import module itself is none', () => {
      const bad = { ...moduleRef(join(import.meta.dirname, 'entry.ts'), 'lib'), failurePrefix: 'import module (x)' }
      expect(failureOf(orderFor('link-main', { imports: [bad] }))?.message).toBe(
        'import module (x): invalid magic number',
      )
    })
  })

  describe('finds its module', () => {
    it('in a folder of one file, and in no other folder', () => {
      const folder = folders.make('module')
      copyFileSync(wasmFixture('exit3'), join(folder, 'main.wasm'))
      expect(runOrder(orderFor(folder)).report.exitCode).toBe(3)
      writeFileSync(join(folder, 'README'), '')
      expect(failureOf(orderFor(folder))?.message).toBe(`${prefix}should be 1 file in /module.wasm but there are 2`)
      expect(failureOf(orderFor(folders.make('empty')))?.message).toContain('but there are 0')
    })

    it('by its path in the program’s own tree, also in a folder with one .wasm file', () => {
      const folder = folders.make('tree')
      copyFileSync(wasmFixture('exit3'), join(folder, 'main.wasm'))
      writeFileSync(join(folder, 'README'), '')
      const mounts = [{ guestPath: '/app', hostPath: folder, isReadOnly: true }]
      const at = (guestPath: string) =>
        orderFor('', { mounts, entry: { ...moduleRef(''), place: { guestPath }, title: guestPath } })
      expect(runOrder(at('/app')).report.exitCode).toBe(3)
      expect(runOrder(at('/app/main.wasm')).report.exitCode).toBe(3)
      expect(failureOf(at('/app/other.wasm'))).toMatchObject({
        message: `${prefix}module not found: "/app/other.wasm"`,
        hint: expect.stringContaining('in the inputs of the job, not on your machine'),
      })
      copyFileSync(wasmFixture('noop'), join(folder, 'other.wasm'))
      expect(failureOf(at('/app'))?.message).toBe(
        `${prefix}module not found: "/app": the folder has 2 files that end in .wasm, not 1`,
      )
      expect(failureOf(at('/app/README'))?.message).toContain(
        'failed to compile module at "/app/README": invalid magic',
      )
    })

    it('in the order itself, or among those it has compiled', () => {
      const store = new ModuleStore()
      const bytes = readFileSync(wasmFixture('exit3'))
      const sent = (base64: string | null, parts: Partial<RunOrder> = {}) =>
        orderFor('', { ...parts, entry: { ...moduleRef(''), place: { base64 }, digest: hash('sha256', bytes, 'hex') } })
      expect(runOrder(sent(null), store).report).toMatchObject({ isSpent: true, failure: { class: 'transient' } })
      expect(failureOf(sent('', {}))?.message).toBe(`${prefix}invalid magic number`)
      const tooLarge = sent(bytes.toString('base64'), { moduleLimitBytes: 10 })
      expect(failureOf(tooLarge)).toMatchObject({
        message: expect.stringContaining('larger than the limit of 10'),
        hint: expect.stringContaining('wasm-strip'),
      })
      expect(runOrder(sent(bytes.toString('base64')), store).report.exitCode).toBe(3)
      expect(runOrder(sent(null), store).report.exitCode).toBe(3)
    })

    it('not behind a FIFO, a device or a link that leaves', () => {
      const folder = folders.make('odd')
      execFileSync('mkfifo', [join(folder, 'fifo')])
      expect(failureOf(orderFor(folder))?.message).toContain('module not found')
      expect(failureOf(orderFor('/dev/zero'))?.message).toContain('module not found')
      const other = folders.make('link')
      symlinkSync(wasmFixture('exit3'), join(other, 'main.wasm'))
      expect(failureOf(orderFor(other))?.message).toContain('module not found')
    })
  })
})
