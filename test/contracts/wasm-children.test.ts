import { execFileSync, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { noResources } from '#models/resources.ts'
import { ModuleDigests } from '#providers/wasm/module-digest.ts'
import { noNeeds } from '#providers/wasm/pool/runner-supply.ts'
import { childFd, frameKind } from '#providers/wasm/protocol/frames.ts'
import { scriptCommand } from '#providers/wasm/runner-command.ts'
import { leastOf } from '../kit/least-of.ts'
import { until } from '../kit/until.ts'
import { WasmEngineKit, wasmProgram, wasmTool } from '../kit/wasm-engine.ts'
import { TempFolders, wasmFixture } from '../kit/wasm-order.ts'

const loop = wasmProgram('loop')

/** Processes this one has started that are runner children now. */
const childPids = (): number[] =>
  execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes('providers/wasm/child/entry'))
    .map((line) => Number(line.trim().split(' ')[0]))

/** A part of a module that nothing reads. */
function customSection(bytes: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from([1, 0x78]), bytes])
  const size: number[] = []
  for (let left = body.length; ; left >>>= 7) {
    if (left < 128) return Buffer.concat([Buffer.from([0, ...size, left]), body])
    size.push((left & 127) | 128)
  }
}

/** The child that works: it uses the processor, or was given a run. */
async function withRunningLoop(kit: WasmEngineKit) {
  const before = childPids()
  const run = await kit.start(loop)
  await run.logs.untilPrinted('started')
  return { ...run, candidates: [...new Set([...before, ...childPids()])] }
}

describe('runner children', { timeout: 60_000 }, () => {
  const folders = new TempFolders()
  let kit: WasmEngineKit

  beforeAll(async () => {
    kit = new WasmEngineKit()
    expect(await kit.engine.isInstalled(new AbortController().signal)).toEqual({ isYes: true })
  }, 60_000)
  afterAll(async () => {
    await kit.close()
    folders.close()
  })

  describe('in time', () => {
    it('an endless loop is stopped within 100 ms', async () => {
      const ms = await leastOf(100, async () => {
        const { program } = await withRunningLoop(kit)
        const startMs = performance.now()
        await program.stop(60_000)
        return performance.now() - startMs
      })
      expect(ms).toBeLessThan(100)
    })

    it('a sleeping program is stopped within 100 ms', async () => {
      const ms = await leastOf(100, async () => {
        const { program, logs } = await kit.start(wasmTool('sleep', '600000'))
        await logs.untilPrinted('sleeping')
        const startMs = performance.now()
        await program.stop(60_000)
        return performance.now() - startMs
      })
      expect(ms).toBeLessThan(100)
    })

    it('everything printed arrives although the program prints no more: the first byte within 50 ms [B5]', async () => {
      const ms = await leastOf(50, async () => {
        const { program, logs } = await kit.start(wasmProgram('later'))
        await logs.untilPrinted('one')
        const firstMs = performance.now()
        await logs.untilPrinted('three')
        const lastMs = performance.now()
        await program.stop(0)
        expect(logs.stdout).toBe('one\ntwo\nthree\n')
        return lastMs - firstMs
      })
      expect(ms).toBeLessThan(50)
    })

    it('what was printed before the stop is kept', async () => {
      const hostPath = folders.make('outputs')
      const outputs = [{ resultPath: { Name: 'outputs', Path: '/outputs' }, hostPath }]
      const { program, logs } = await kit.start(wasmTool('mark', '/outputs/mark'), { outputs })
      await until('it has printed', () => existsSync(join(hostPath, 'mark')))
      await program.stop(0)
      expect(logs.stdout).toBe('one\ntwo\n')
    })

    it('the signal of the start also ends what it has started', async () => {
      const told = new AbortController()
      const { logs, exit } = await kit.start(loop, {}, told.signal)
      await logs.untilPrinted('started')
      told.abort(new Error('timeout'))
      expect(await exit).toEqual({ exitCode: 137 })
    })
  })

  describe('are used again', () => {
    it('with fresh memory each time', async () => {
      for (let n = 0; n < 20; n++) expect((await kit.run(wasmProgram('state'))).exitCode).toBe(0)
      expect(childPids().length).toBeLessThanOrEqual(3)
    })

    it('and stopping a program that has ended harms nobody', async () => {
      const own = new WasmEngineKit({ warmChildren: 0 })
      const first = await own.start(wasmProgram('hello'))
      await first.exit
      const second = await own.start(wasmTool('sleep', '300'))
      await second.logs.untilPrinted('sleeping')
      await first.program.stop(0)
      expect(await second.exit).toEqual({ exitCode: 0 })
      await own.close()
    })

    it('but not after the stack was used up', async () => {
      const before = childPids()
      const { failure } = await kit.run(wasmProgram('trap', { EntryPoint: 'recurse' }))
      expect(failure?.message).toContain('stack overflow')
      await until('a child has gone', () => before.some((pid) => !childPids().includes(pid)))
      expect((await kit.run(wasmProgram('hello'))).exitCode).toBe(0)
    })

    it('giving the memory of a large program back to the machine', async () => {
      const own = new WasmEngineKit({ warmChildren: 0 })
      const others = childPids()
      const resources = { ...noResources(), Memory: 600 * 1024 * 1024 }
      expect((await own.run(wasmTool('eat'), { resources })).stdout).toContain('599 MiB')
      const [pid] = childPids().filter((each) => !others.includes(each))
      const residentKib = (): number =>
        Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
      await until('it is given back', () => residentKib() < 200_000)
      expect((await own.run(wasmProgram('state'))).exitCode).toBe(0)
      await own.close()
    })

    it('but only so often', async () => {
      const own = new WasmEngineKit({ runLimit: 2, warmChildren: 0 })
      const seen = new Set<unknown>()
      for (let n = 0; n < 4; n++) {
        await own.run(wasmProgram('noop'))
        const runner = await own.pool.take(noNeeds, new AbortController().signal)
        seen.add(runner)
        own.pool.release(runner, false)
      }
      expect(seen.size).toBeGreaterThan(1)
      await own.close()
    })
  })

  describe('share nothing with the node', () => {
    it('no environment, neither the program’s nor the node’s', async () => {
      const { stdout } = await kit.run(wasmTool('environment'), { env: { ONLY: 'this' } })
      expect(stdout).toBe('ONLY=this\n')
      for (const pid of childPids()) expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).toBe('')
    })

    it('no open file, and not the node’s folder', async () => {
      const secret = join(folders.root, 'open-secret')
      writeFileSync(secret, '')
      const fd = openSync(secret, 'r')
      const { program } = await withRunningLoop(kit)
      for (const pid of childPids()) {
        const links = readdirSync(`/proc/${pid}/fd`).map((name) => {
          try {
            return readlinkSync(`/proc/${pid}/fd/${name}`)
          } catch {
            return ''
          }
        })
        expect(links.filter((link) => link.startsWith(folders.root))).toEqual([])
        expect(readlinkSync(`/proc/${pid}/cwd`)).toBe('/')
      }
      closeSync(fd)
      await program.stop(0)
    })

    it('bounds: no core files, few descriptors, data little above the largest memory', () => {
      const [pid] = childPids()
      const limits = readFileSync(`/proc/${pid}/limits`, 'utf8')
      expect(limits).toMatch(/Max core file size\s+0\s/)
      expect(limits).toMatch(/Max open files\s+4096\s/)
      expect(limits).toMatch(/Max data size\s+6442450944\s/)
    })
  })

  describe('die', () => {
    it('by themselves: the run fails as transient, and the next finds a new child', async () => {
      const { exit, candidates } = await withRunningLoop(kit)
      for (const pid of candidates) process.kill(pid, 'SIGKILL')
      expect(await exit).toEqual({
        exitCode: -1,
        failure: { message: 'the WASM runner process ended unexpectedly: it was ended by SIGKILL', class: 'transient' },
      })
      await until('all have gone', () => !childPids().some((pid) => candidates.includes(pid)))
      expect((await kit.run(wasmProgram('hello'))).stdout).toBe('hello from wasm\n')
    })

    it('with the node, even in an endless loop and when it is killed', async () => {
      const script = join(import.meta.dirname, '../kit/wasm-orphan.ts')
      const node = spawn(process.execPath, ['--conditions=source', script], { stdio: ['ignore', 'pipe', 'inherit'] })
      const pids = await new Promise<number[]>((resolve) => {
        let text = ''
        node.stdout.on('data', (chunk: Buffer) => {
          text += chunk.toString()
          if (text.includes('\n')) resolve(JSON.parse(text.split('\n')[0] as string) as number[])
        })
      })
      const alive = (): number[] => pids.filter((pid) => isAlive(pid))
      expect(alive().length).toBeGreaterThan(0)
      node.kill('SIGKILL')
      await until('its children are gone', () => alive().length === 0)
    })

    it('with the engine: their programs count as lost', async () => {
      const own = new WasmEngineKit()
      const { exit, logs } = await own.start(loop)
      await logs.untilPrinted('started')
      await own.close()
      expect((await exit).failure).toEqual({ message: 'the node stopped while it ran', class: 'lost' })
      await expect(own.start(loop)).rejects.toThrow('the node is stopping')
    })
  })

  it('are shared by many short programs, and not by programs that wait', async () => {
    const own = new WasmEngineKit({ warmChildren: 1, eagerChildren: 1 })
    await own.run(wasmProgram('noop'))
    const others = childPids().length
    await Promise.all(Array.from({ length: 60 }, () => own.run(wasmProgram('noop'))))
    expect(childPids().length - others).toBeLessThan(20)
    const sleeping = await Promise.all(Array.from({ length: 3 }, () => own.start(wasmTool('sleep', '600000'))))
    for (const { logs } of sleeping) await logs.untilPrinted('sleeping')
    await own.close()
  })

  describe('compile large modules as many at a time as there are cores', () => {
    /** A program of the fixtures with so many bytes behind it that it counts as large. */
    const large = (name: string) => {
      const path = join(folders.make('large'), `${name}.wasm`)
      const padding = Buffer.alloc(2_000_000, 1)
      writeFileSync(path, Buffer.concat([readFileSync(wasmFixture(name)), customSection(padding)]))
      return wasmProgram(path)
    }

    it('so that whoever waits gets a child that has compiled the same meanwhile, and small ones do not wait', async () => {
      const own = new WasmEngineKit({ warmChildren: 2, eagerChildren: 1 })
      const never = new AbortController().signal
      const needs = { ...noNeeds, digests: ['large'], large: ['large'] }
      const first = await own.pool.take(needs, never)
      const second = own.pool.take(needs, never)
      const small = await own.pool.take(noNeeds, never)
      own.pool.release(small, false)
      first.modules.set('large', 1)
      own.pool.release(first, false)
      expect(await second).toBe(first)
      own.pool.release(first, false)
      await own.close()
    })

    it('while their programs run, too', async () => {
      const own = new WasmEngineKit({ warmChildren: 1, eagerChildren: 1 })
      const program = large('loop')
      const runs = await Promise.all(Array.from({ length: 3 }, () => own.start(program)))
      for (const { logs } of runs) await logs.untilPrinted('started')
      await own.close()
    })
  })

  describe('are bounded in number', () => {
    let few: WasmEngineKit
    beforeAll(() => {
      few = new WasmEngineKit({ childLimit: 2, warmChildren: 1 })
    })
    afterEach(() => expect(few.pool.working).toBe(0))
    afterAll(() => few.close())

    it('one more has to wait for its turn', async () => {
      const first = await few.start(loop)
      const second = await few.start(loop)
      const third = few.start(wasmProgram('hello'))
      await first.logs.untilPrinted('started')
      await first.program.stop(0)
      expect((await (await third).exit).exitCode).toBe(0)
      await second.program.stop(0)
      await until('all are idle', () => few.pool.working === 0)
    })

    it('and the engine works while all of them do', async () => {
      const runs = [await few.start(loop), await few.start(loop)]
      for (const { logs } of runs) await logs.untilPrinted('started')
      expect(await few.engine.isInstalled(AbortSignal.timeout(500))).toEqual({ isYes: true })
      for (const { program } of runs) await program.stop(0)
      await until('all are idle', () => few.pool.working === 0)
    })

    it('who gives up while waiting gets none', async () => {
      const [first, second] = [await few.start(loop), await few.start(loop)]
      const told = new AbortController()
      const third = few.start(wasmProgram('hello'), {}, told.signal)
      const fourth = few.start(wasmProgram('hello'))
      told.abort(new Error('never mind'))
      await expect(third).rejects.toThrow('never mind')
      await first.program.stop(0)
      expect((await (await fourth).exit).exitCode).toBe(0)
      await second.program.stop(0)
      await until('all are idle', () => few.pool.working === 0)
    })
  })

  it('a program goes where its module is compiled', async () => {
    const own = new WasmEngineKit({ warmChildren: 2 })
    const digest = (await new ModuleDigests().of(wasmFixture('hello')))?.digest as string
    const signal = new AbortController().signal
    for (const each of [await own.pool.take(noNeeds, signal), await own.pool.take(noNeeds, signal)])
      own.pool.release(each, false)
    await own.run(wasmProgram('hello'))
    for (let n = 0; n < 5; n++) {
      const runner = await own.pool.take({ ...noNeeds, digests: [digest] }, new AbortController().signal)
      expect([...runner.modules.keys()]).toEqual([digest])
      own.pool.release(runner, false)
    }
    const other = await own.pool.take({ ...noNeeds, digests: ['unknown'] }, new AbortController().signal)
    expect(other.modules.size).toBe(0)
    own.pool.release(other, false)
    await own.close()
  })

  it('forget modules when there are too many', async () => {
    const own = new WasmEngineKit({ moduleCacheBytes: 300, warmChildren: 0 })
    for (const name of ['hello', 'exit3', 'noop', 'state', 'hello']) await own.run(wasmProgram(name))
    const runner = await own.pool.take(noNeeds, new AbortController().signal)
    expect([...runner.modules.keys()].at(-1)).toBe((await new ModuleDigests().of(wasmFixture('hello')))?.digest)
    expect(runner.modules.size).toBeLessThan(4)
    expect(runner.makeRoom(300, [])).not.toEqual([])
    expect([...runner.modules.values()].reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(300)
    own.pool.release(runner, true)
    await own.close()
  })

  it('with the optimizing compiler do the same, also deep down the stack', async () => {
    const own = new WasmEngineKit({ warmChildren: 1 }, scriptCommand(process.execPath, true))
    expect((await own.run(wasmProgram('hello'))).stdout).toBe('hello from wasm\n')
    const { failure } = await own.run(wasmProgram('trap', { EntryPoint: 'recurse' }))
    expect(failure?.message).toContain('stack overflow')
    await own.close()
  })

  describe('are not trusted', () => {
    const withChild = async (script: string) => {
      const own = new WasmEngineKit({ warmChildren: 1 }, [process.execPath, '-e', script])
      const ended = await own.run(wasmProgram('hello'))
      await own.close()
      return ended
    }

    it('one that sends no frames is ended', async () => {
      const { failure } = await withChild(
        `require('fs').writeSync(4, Buffer.alloc(64, 255)); setInterval(() => {}, 1e6)`,
      )
      expect(failure?.message).toContain('it was ended by SIGKILL')
    })

    it('one that sends frames of no kind is ended', async () => {
      const [ready, taken, noKind] = [frameKind.ready, frameKind.taken, 99].map((kind) => [0, 0, 0, 0, kind])
      const { failure } = await withChild(`
        const { readSync, writeSync } = require('fs')
        writeSync(${childFd.frames}, Buffer.from([${ready}]))
        readSync(${childFd.orders}, Buffer.alloc(1))
        writeSync(${childFd.frames}, Buffer.from([${taken}, ${noKind}]))
        setInterval(() => {}, 1e6)`)
      expect(failure).toMatchObject({ class: 'transient' })
    })

    it('one that does not come up is the node’s fault', async () => {
      const { failure } = await withChild('process.exit(3)')
      expect(failure).toEqual({
        message: 'the WASM runner process could not be started: it ended with exit code 3',
        class: 'node',
      })
      const own = new WasmEngineKit({}, ['/no/such/program'])
      const verdict = await own.engine.isInstalled(new AbortController().signal)
      expect(verdict).toMatchObject({ isYes: false, reason: expect.stringContaining('could not be started') })
      await own.close()
    })
  })

  it('a full disk or a missing folder of the node is not the user’s fault', async () => {
    const input = { Source: { Type: 'noop' }, Alias: '', Target: '/in' }
    const hostPath = join(folders.root, 'gone')
    const inputs = [{ input, hostPath, kind: 'directory' as const, guestPath: '/in', isReadOnly: true }]
    const { failure } = await kit.run(wasmProgram('hello'), { inputs })
    expect(failure?.class).toBe('node')
    expect(failure?.message).not.toContain(folders.root)
  })

  it('more memory than WASM has is refused before anything starts', async () => {
    const resources = { ...noResources(), Memory: 2 ** 33 }
    await expect(kit.start(loop, { resources })).rejects.toThrow('requested memory exceeds the wasm limit')
  })
})

function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}
