import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { inside } from '#lib/byte-path.ts'
import { moduleRef, orderFor, runOrder, TempFolders, toolOrder, wasmFixture } from '../../../../test/kit/wasm-order.ts'
import { fixedWorld } from '../wasi/fixed-world.ts'
import { ModuleStore } from './module-store.ts'
import { realWorld } from './real-world.ts'

const failureOf = (...args: Parameters<typeof runOrder>) => runOrder(...args).report.failure
const prefix = 'failed to instantiate entry module module (inline): '

describe('running a program', () => {
  const folders = new TempFolders()
  afterAll(() => folders.close())

  describe('ends', () => {
    it('with exit code 0 when it just returns [X26] [R162]', () => {
      const { report, stdout, stderr } = runOrder(orderFor('hello'))
      expect(report).toMatchObject({ exitCode: 0, isSpent: false })
      expect(report.failure).toBeUndefined()
      expect([stdout, stderr]).toEqual(['hello from wasm\n', 'warning on stderr\n'])
    })

    it('with the code it asks for', () => {
      expect(runOrder(orderFor('exit3')).report).toMatchObject({ exitCode: 3 })
      const { report, stdout, stderr } = runOrder(toolOrder(['print', 'out', 'err', '7']))
      expect([report.exitCode, stdout, stderr]).toEqual([7, 'out', 'err'])
    })

    const traps: [entrypoint: string, cause: string][] = [
      ['_start', 'unreachable\nwasm stack trace:\n\ttrap.inner(i32,i64) f32\n\ttrap._start()'],
      ['divide', 'integer divide by zero\nwasm stack trace:\n\ttrap.divide()'],
      ['reach', 'out of bounds memory access\nwasm stack trace:\n\ttrap.reach()'],
      ['convert', 'invalid conversion to integer\nwasm stack trace:\n\ttrap.convert()'],
      ['call', 'indirect call type mismatch\nwasm stack trace:\n\ttrap.call()'],
    ]
    it.each(traps)('with the cause and the functions when `%s` breaks off', (entrypoint, cause) => {
      const { report } = runOrder(orderFor('trap', { entrypoint }))
      expect(report).toMatchObject({ exitCode: 1, isSpent: false })
      expect(report.failure).toEqual({ message: `wasm error: ${cause}`, class: 'user' })
    })

    it('and is told of when the stack that its compiler keeps in the memory is used up', () => {
      const usual = Error.stackTraceLimit
      Error.stackTraceLimit = 40
      const failure = failureOf(orderFor('trap', { entrypoint: 'sink' }))
      Error.stackTraceLimit = usual
      const why = 'after many calls of the same functions: most likely a recursion without an end'
      expect(failure?.message.split('\n\ttrap.sink()')[0]).toBe(
        `wasm error: out of bounds memory access (${why})\nwasm stack trace:`,
      )
    })

    it('when the stack is used up; its child is not used again', () => {
      const { report } = runOrder(orderFor('trap', { entrypoint: 'recurse' }))
      expect(report.failure?.message).toMatch(/^wasm error: stack overflow\nwasm stack trace:\n\ttrap\.recurse\(\)\n/)
      expect(report.isSpent).toBe(true)
    })
  })

  describe('is refused', () => {
    it('without its entry function, which is the user’s fault [R164]', () => {
      expect(failureOf(orderFor('hello', { entrypoint: 'nope' }))).toEqual({
        message: "unable to find the entrypoint 'nope' in the WASM module",
        class: 'user',
        hint: 'Name one of the functions that it exports: _start',
      })
      expect(failureOf(orderFor('hello', { entrypoint: 'memory' }))?.message).toContain('unable to find the entrypoint')
      expect(failureOf(orderFor('trap', { entrypoint: 'takes' }))).toEqual({
        message: 'expected 1 params, but passed 0',
        hint: expect.stringContaining('a function without parameters'),
        class: 'user',
      })
    })

    it('when it is no module, with the words clients know', () => {
      const file = join(folders.make('text'), 'job.yaml')
      writeFileSync(file, 'Name: job\n')
      expect(failureOf(orderFor(file))).toEqual({
        message: `${prefix}invalid magic number`,
        class: 'user',
        hint: expect.stringContaining('wasm32-wasi'),
      })
      writeFileSync(file, '')
      expect(failureOf(orderFor(file))?.message).toBe(`${prefix}invalid magic number`)
      writeFileSync(file, Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 3, 2, 1, 9]))
      expect(failureOf(orderFor(file))).toMatchObject({ message: expect.stringContaining(prefix), class: 'user' })
    })

    it('when its file was cut off: it says so, or where the module ends or is wrong', () => {
      const file = join(folders.make('cut'), 'main.wasm')
      const whole = readFileSync(wasmFixture('hello'))
      // Behind its code the rest is data and names: what is cut there is a program still.
      const codeEnd = 146
      for (let sizeBytes = 8; sizeBytes < codeEnd; sizeBytes++) {
        writeFileSync(file, whole.subarray(0, sizeBytes))
        const { message = '', hint = '' } = failureOf(orderFor(file)) ?? {}
        expect(`${message} ${hint}`, `${sizeBytes} of ${whole.length} bytes`).toMatch(
          /cut off|unexpected end of the module|\(at byte \d+\)/,
        )
      }
      writeFileSync(file, whole.subarray(0, 140))
      expect(failureOf(orderFor(file))?.message).toMatch(
        /section 10 at byte \d+ has \d+ bytes, of which \d+ are there$/,
      )
    })

    it('when it is damaged, with what is wrong where in its file', () => {
      const file = join(folders.make('damaged'), 'main.wasm')
      const bytes = readFileSync(wasmFixture('hello'))
      const last = bytes.lastIndexOf(0x0b, bytes.lastIndexOf('hello from wasm'))
      for (const at of [bytes.indexOf('_start') - 3, last - 1]) {
        writeFileSync(file, bytes.with(at, 0xff))
        const [, place] = /\(at byte (\d+)\)$/.exec(failureOf(orderFor(file))?.message ?? '') ?? []
        expect(Math.abs(Number(place) - at)).toBeLessThan(20)
      }
    })

    it('when it is larger than the node allows', () => {
      const failure = failureOf(orderFor('hello', { moduleLimitBytes: 100 }))
      expect(failure).toMatchObject({ message: expect.stringContaining('larger than the limit of 100'), class: 'user' })
    })

    it('when it wants what WASI has not, or has otherwise', () => {
      const missing = '"fd_fly" is not exported in module "wasi_snapshot_preview1"'
      expect(failureOf(orderFor('link-wrong'))).toEqual({ message: missing, class: 'user' })
      const mistyped = 'import func[wasi_snapshot_preview1.fd_close]: signature mismatch'
      expect(failureOf(orderFor('link-mistyped'))).toEqual({ message: mistyped, class: 'user' })
    })

    it('when its folder is gone, without telling where that was', () => {
      const hostPath = join(folders.root, 'gone')
      const mounts = [{ guestPath: '/inputs', hostPath, isReadOnly: true }]
      const { report } = runOrder(orderFor('hello', { mounts }))
      expect(report.failure?.class).toBe('node')
      expect(JSON.stringify(report)).not.toContain(folders.root)
    })
  })

  it('runs the start section, then the entry function, and no other start function', () => {
    expect(runOrder(orderFor('start-section')).stdout).toBe('start section\n_start\n')
  })

  it('gives arguments behind an empty name, and the environment in order [R165] [R166]', () => {
    const order = toolOrder(['arguments', 'one', 'two words', ''])
    expect(runOrder(order).stdout).toBe('[one]\n[two words]\n[]\n')
    const env = [
      ['A', '1'],
      ['B', 'x=y'],
    ] as const
    expect(runOrder({ ...toolOrder(['environment']), env }).stdout).toBe('A=1\nB=x=y\n')
  })

  describe('has memory', () => {
    it('up to the limit of the run, whatever it asks for', () => {
      expect(runOrder(orderFor('grow', { memoryPages: 16 * 5 + 1 })).report.exitCode).toBe(5)
      expect(runOrder(orderFor('grow', { memoryPages: 16 * 20 })).report.exitCode).toBe(19)
      const { stdout, report } = runOrder({ ...toolOrder(['eat']), memoryPages: 1024 })
      expect(stdout).toMatch(/^before\n[56]\d MiB\n$/)
      expect(report.exitCode).toBe(9)
    })

    it('and is told of when it breaks off after it was refused more, so that more of it may help [X1]', () => {
      const order = orderFor('grow', { entrypoint: 'or_break' })
      const refused = (had: string, limit: string) => ({
        message:
          `wasm error: unreachable (it had ${had} of the ${limit} of memory it may have, and was refused 1.0 MiB more)` +
          '\nwasm stack trace:\n\tgrow.$2()',
        class: 'resource',
        lacks: 'memory',
        hint: 'Ask for more memory in the Resources of the task',
      })
      expect(failureOf({ ...order, memoryPages: 16 * 20 })).toEqual(refused('19 MiB', '20 MiB'))
      expect(failureOf({ ...order, memoryPages: 16 })).toEqual(refused('64 KiB', '1.0 MiB'))
    })

    it('and is not said to lack it when it was never refused any, or got some since', () => {
      expect(failureOf(orderFor('trap', { memoryPages: 1 }))?.class).toBe('user')
      expect(failureOf(orderFor('grow', { entrypoint: 'less_and_break', memoryPages: 16 * 20 }))?.class).toBe('user')
    })

    it('shared out among modules, so that together they stay below it', () => {
      const order = orderFor('link-main', { imports: [moduleRef('link-lib', 'lib')], memoryPages: 2 })
      expect(runOrder(order).report.exitCode).toBe(42)
      expect(failureOf({ ...order, memoryPages: 1 })).toEqual({
        message: 'memory: min 2 pages (1 Mi) over limit of 1 pages (1 Mi)',
        class: 'resource',
        lacks: 'memory',
      })
    })

    it('and globals that are fresh in each run, though the module is compiled once', () => {
      const store = new ModuleStore()
      const exits = [1, 2, 3].map(() => runOrder(orderFor('state'), store).report)
      expect(exits.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0])
      const digest = exits[0]?.modules[0]?.digest as string
      expect(store.find(digest)).toBeDefined()
      runOrder({ ...orderFor('noop'), forget: [digest] }, store)
      expect(store.find(digest)).toBeUndefined()
    })
  })

  describe('with files', () => {
    it('reads inputs, also by a path without a slash in front', () => {
      const inputs = folders.make('inputs')
      writeFileSync(join(inputs, 'file.txt'), 'hello world')
      expect(runOrder(toolOrder(['cat', '/inputs/file.txt'], { inputs })).stdout).toBe('hello world')
      expect(runOrder(toolOrder(['cat', 'inputs/file.txt'], { inputs })).stdout).toBe('hello world')
      expect(runOrder(toolOrder(['list', '/inputs'], { inputs })).stdout).toBe('.\n..\nfile.txt\n')
      expect(runOrder(toolOrder(['list', '/'], { inputs })).stdout).toBe('.\n..\ninputs\n')
      const missing = runOrder(toolOrder(['cat', '/inputs/none'], { inputs }))
      expect([missing.report.exitCode, missing.stderr]).toEqual([1, '/inputs/none: No such file or directory\n'])
    })

    it('writes outputs, and nothing else', () => {
      const [inputs, outputs] = [folders.make('inputs'), folders.make('outputs')]
      expect(runOrder(toolOrder(['write', '/outputs/answer', '42'], { outputs })).report.exitCode).toBe(0)
      expect(readFileSync(join(outputs, 'answer'), 'utf8')).toBe('42')
      const refused = runOrder(toolOrder(['write', '/inputs/answer', '42'], { inputs }))
      expect([refused.report.exitCode, refused.stderr]).toEqual([1, '/inputs/answer: Read-only file system\n'])
      expect(runOrder(toolOrder(['write', '/answer', '42'])).stderr).toBe('/answer: Read-only file system\n')
    })

    it('makes, links, moves and removes as the C library does', () => {
      const outputs = folders.make('outputs')
      const { report, stderr } = runOrder(toolOrder(['files'], { outputs }))
      expect([stderr, report.exitCode]).toEqual(['', 0])
      expect(readdirSync(join(outputs, 'a'))).toEqual(['h'])
      expect(readFileSync(join(outputs, 'a', 'h'), 'utf8')).toBe('te')
    })

    it('has all that the C library offers [R162]', () => {
      const mounts = [{ guestPath: '/outputs', hostPath: folders.make('outputs'), isReadOnly: false }]
      const { report, stdout } = runOrder(orderFor('libc', { mounts }), new ModuleStore(), realWorld())
      expect([stdout, report.exitCode, report.failure]).toEqual(['', 0, undefined])
    })

    it('does not get out through links of its own or of its inputs', () => {
      const world = folders.make('world')
      const [inputs, outputs] = [join(world, 'inputs'), join(world, 'outputs')]
      for (const folder of [inputs, outputs]) mkdirSync(folder)
      writeFileSync(join(world, 'secret'), 'only for the host')
      symlinkSync('..', join(inputs, 'link'))
      symlinkSync(join(world, 'secret'), join(inputs, 'absolute'))
      const { stdout } = runOrder(toolOrder(['escape'], { inputs, outputs }))
      expect(stdout).toContain('symlink . 0\nsymlink s/.. -1\n')
      expect(stdout).not.toMatch(/OPENED|WRITTEN/)
      expect(readFileSync(join(world, 'secret'), 'utf8')).toBe('only for the host')
    })

    it('ends a program that writes more than its disk, wherever the bytes went [X6]', () => {
      const outputs = folders.make('outputs')
      const order = (args: string[]) => {
        const mounts = [{ guestPath: '/outputs', hostPath: outputs, isReadOnly: false, isOutput: true }]
        return orderFor('tool', { args: ['', ...args], mounts, diskLimitBytes: 3_000_000 })
      }
      const { report } = runOrder(order(['fill', '/outputs/file', '5000000', 'append']))
      expect(report.failure?.class).toBe('resource')
      expect(report.failure?.message).toMatch(/^disk limit exceeded: \d+ bytes written, 3000000 allowed$/)
      expect(statSync(join(outputs, 'file')).size).toBeLessThan(5_000_000)
      writeFileSync(inside(outputs, Buffer.from([0xff])), 'its name is no text')
      expect(runOrder(order(['fill', '/outputs/file', '20000000', 'again'])).report.failure).toBeUndefined()
      expect(runOrder(order(['fill', '/outputs/file', '5000000', 'removed'])).report.failure?.class).toBe('resource')
    })

    it('ends a program that makes names without end, though it writes nothing [X6]', () => {
      const endOf = (kind: string) => {
        const mounts = [{ guestPath: '/o', hostPath: folders.make(kind), isReadOnly: false, isOutput: true }]
        const args = ['', 'names', '/o', '2000', kind]
        return runOrder(orderFor('tool', { args, mounts, diskLimitBytes: 1_000_000 })).report.failure?.class
      }
      expect(['files', 'folders', 'links', 'removed'].map(endOf)).toEqual([
        'resource',
        'resource',
        'resource',
        undefined,
      ])
    })

    it('leaves no descriptor open behind it', () => {
      const inputs = folders.make('inputs')
      const count = (): number => readdirSync('/proc/self/fd').length
      const before = count()
      for (let n = 0; n < 5; n++) runOrder(toolOrder(['list', '/inputs'], { inputs }))
      runOrder(toolOrder(['cat', '/inputs/none'], { inputs }))
      runOrder(orderFor('trap', { mounts: [{ guestPath: '/i', hostPath: inputs, isReadOnly: true }] }))
      expect(count()).toBe(before)
    })
  })

  describe('in time', () => {
    it('has clocks that go and sleep that lasts', () => {
      expect(runOrder(toolOrder(['sleep', '30']), new ModuleStore(), realWorld()).stdout).toBe('sleeping\nslept\n')
      const [, now] = runOrder(toolOrder(['random']), new ModuleStore(), realWorld()).stdout.split(' ')
      expect(Math.abs(Number(now) * 1000 - Date.now())).toBeLessThan(60_000)
    })

    it('draws other numbers each time, unless it is repeatable [X27]', () => {
      const draw = (seed?: string): string =>
        runOrder({ ...toolOrder(['random']), ...(seed ? { seed } : {}) }, new ModuleStore(), realWorld()).stdout
      expect(draw()).not.toBe(draw())
      expect(draw('7')).toBe(draw('7'))
      expect(draw('7')).not.toBe(draw('8'))
    })

    it('a repeatable program sleeps without waiting', () => {
      const order = { ...toolOrder(['sleep', '600000']), seed: '1' }
      const startMs = performance.now()
      expect(runOrder(order, new ModuleStore(), fixedWorld(1n)).report.exitCode).toBe(0)
      expect(performance.now() - startMs).toBeLessThan(60_000)
    })
  })
})
