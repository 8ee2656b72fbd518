import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { SystemClock } from '#platform/clock.ts'
import { noNeeds } from '#providers/wasm/pool/runner-supply.ts'
import { SingleRunners } from '#providers/wasm/pool/single-runners.ts'
import { childFd, frameKind } from '#providers/wasm/protocol/frames.ts'
import { defaultWasmSettings } from '#providers/wasm/settings.ts'
import { missingParts } from '../../tools/system-parts.ts'
import { missingPart } from '../kit/missing-part.ts'
import { StepClock } from '../kit/step-clock.ts'
import { until } from '../kit/until.ts'
import { wasmProductCommand } from '../kit/wasm-command.ts'
import { WasmEngineKit, wasmProgram, wasmTool } from '../kit/wasm-engine.ts'
import { TempFolders } from '../kit/wasm-order.ts'

const folders = new TempFolders()
const kits: WasmEngineKit[] = []
afterEach(async () => {
  for (const kit of kits.splice(0)) await kit.close()
})
afterAll(() => folders.close())

function processKit(command = wasmProductCommand): WasmEngineKit {
  const kit = new WasmEngineKit({ isolation: 'process', childLimit: 2 }, command)
  kits.push(kit)
  return kit
}

describe('a process for each program', { timeout: 60_000 }, () => {
  it('is gone with it, so that the next finds nothing of it', async () => {
    const kit = processKit()
    for (let n = 0; n < 2; n++) expect((await kit.run(wasmProgram('state'))).exitCode).toBe(0)
    await until('both have gone', () => kit.pool.working === 0)
  })

  it('says once what is missing where bubblewrap is not installed', async () => {
    const said: string[] = []
    const log = (event: string, { reason }: Record<string, unknown>) => said.push(`${event}: ${reason}`)
    const settings = { ...defaultWasmSettings, warmChildren: 0 }
    const pool = new SingleRunners(
      { command: wasmProductCommand, settings, clock: new StepClock(), log },
      () => undefined,
    )
    await pool.start()
    await pool.stop()
    expect(said).toEqual([expect.stringMatching(/^wasm_without_sandbox: .*bubblewrap is not installed/)])
  })

  it('is gone at once also when it is stopped while its sandbox comes up', async () => {
    const settings = { ...defaultWasmSettings, warmChildren: 2 }
    const clock = new SystemClock()
    for (let n = 0; n < 80; n++) {
      const pool = new SingleRunners({ command: wasmProductCommand, settings, clock: clock, log: () => {} })
      await pool.start()
      // Another moment of its start each time.
      await clock.sleep(n % 40)
      await pool.stop()
    }
  })

  it('works as long as others do, also where no more may be', async () => {
    const kit = processKit()
    const runs = [await kit.start(wasmProgram('loop')), await kit.start(wasmProgram('loop'))]
    for (const { logs } of runs) await logs.untilPrinted('started')
    expect(await kit.engine.isInstalled(AbortSignal.timeout(500))).toEqual({ isYes: true })
    for (const { program } of runs) await program.stop(0)
  })

  it('has to wait for its turn, or gives up waiting', async () => {
    const kit = processKit()
    const never = new AbortController().signal
    const [first, second] = [await kit.pool.take(noNeeds, never), await kit.pool.take(noNeeds, never)]
    const told = new AbortController()
    const third = Promise.resolve(kit.pool.take(noNeeds, told.signal))
    const fourth = Promise.resolve(kit.pool.take(noNeeds, never))
    told.abort(new Error('never mind'))
    await expect(third).rejects.toThrow('never mind')
    kit.pool.release(first, false)
    expect(await (await fourth).ready).toBe(true)
    kit.pool.release(second, false)
  })

  it('is started before it is needed, serves once, and makes room for one that is needed more', async () => {
    const clock = new StepClock()
    const says = frameKind.ready.toString(8)
    const command = ['/bin/sh', '-c', `printf '\\0\\0\\0\\0\\${says}' >&${childFd.frames}; read order`]
    const settings = { ...defaultWasmSettings, warmChildren: 1, childLimit: 2 }
    const pool = new SingleRunners({ command, settings, clock, log: () => {} })
    const never = new AbortController().signal
    await pool.start()
    expect(pool.working).toBe(0)
    const first = await pool.take(noNeeds, never)
    expect([await first.ready, clock.pending]).toEqual([true, 1])
    clock.goTo(20)
    const second = await pool.take(noNeeds, never)
    expect([await second.ready, second === first, pool.working]).toEqual([true, false, 2])
    pool.release(first)
    await first.closed
    clock.goTo(60)
    expect(pool.working).toBe(1)
    const places = [{ hostPath: folders.make('inputs'), isReadOnly: true }]
    const third = await pool.take({ ...noNeeds, places }, never)
    expect([await third.ready, third.runs, pool.working]).toEqual([true, 0, 2])
    await pool.stop()
    await expect(pool.take(noNeeds, never)).rejects.toThrow('the node is stopping')
  })

  it('reads its inputs and writes its outputs', async () => {
    const [inputs, hostPath] = [folders.make('inputs'), folders.make('outputs')]
    writeFileSync(join(inputs, 'text'), 'hello')
    const input = { Source: { Type: 'noop' }, Alias: '', Target: '/in' }
    const whole = {
      inputs: [{ input, hostPath: inputs, kind: 'directory' as const, guestPath: '/in', isReadOnly: true }],
      outputs: [{ resultPath: { Name: 'outputs', Path: '/outputs' }, hostPath }],
    }
    const kit = processKit()
    expect((await kit.run(wasmTool('cat', '/in/text'), whole)).stdout).toBe('hello')
    expect((await kit.run(wasmTool('write', '/outputs/answer', '42'), whole)).exitCode).toBe(0)
    expect(readFileSync(join(hostPath, 'answer'), 'utf8')).toBe('42')
  })
})

describe('a sandbox around the process', { timeout: 60_000 }, () => {
  if (missingParts().some(({ name }) => name === 'bubblewrap')) {
    missingPart('bubblewrap')
    return
  }

  /** What a program sees that has broken out of WebAssembly: the script runs in place of the child, and prints an answer. */
  const breakOut = async (script: string): Promise<any> => {
    const [ready, taken, stdout, report] = ['ready', 'taken', 'stdout', 'report'].map(
      (name) => frameKind[name as keyof typeof frameKind],
    )
    const whole = `
      const fs = require('fs'), net = require('net')
      const send = (kind, text = '') => {
        const head = Buffer.alloc(5)
        head.writeUInt32LE(Buffer.byteLength(text), 0)
        head[4] = kind
        fs.writeSync(${childFd.frames}, Buffer.concat([head, Buffer.from(text)]))
      }
      const tried = (what) => { try { return what() } catch (error) { return error.code } }
      send(${ready})
      fs.readSync(${childFd.orders}, Buffer.alloc(1e6))
      send(${taken})
      Promise.resolve((() => { ${script} })()).then((answer) => {
        send(${stdout}, JSON.stringify(answer))
        send(${report}, JSON.stringify({ exitCode: 0, modules: [], memoryBytes: 0, isSpent: true }))
      })`
    const inputs = folders.make('inputs')
    mkdirSync(join(inputs, 'deep'))
    const input = { Source: { Type: 'noop' }, Alias: '', Target: '/in' }
    const ended = await processKit([process.execPath, '-e', whole]).run(wasmProgram('noop'), {
      inputs: [{ input, hostPath: inputs, kind: 'directory', guestPath: '/in', isReadOnly: true }],
    })
    return JSON.parse(ended.stdout) as unknown
  }

  it('shows nothing of the disk but what the program was given, and lets it change only its outputs', async () => {
    const secret = join(folders.root, 'secret')
    writeFileSync(secret, 'only for the host')
    const seen = await breakOut(`
      const mounts = fs.readFileSync('/proc/self/mountinfo', 'utf8').split('\\n').map((line) => line.split(' ')[4])
      const input = mounts.find((path) => path?.includes('/inputs-'))
      return {
        root: fs.readdirSync('/').sort(),
        secret: tried(() => fs.readFileSync(${JSON.stringify(secret)}, 'utf8')),
        passwords: tried(() => fs.readFileSync('/etc/passwd', 'utf8')),
        input: tried(() => fs.readdirSync(input)),
        changed: tried(() => fs.writeFileSync(input + '/new', 'x')),
        made: tried(() => fs.writeFileSync('/new', 'x')),
      }`)
    expect(seen).toMatchObject({
      secret: 'ENOENT',
      passwords: 'ENOENT',
      input: ['deep'],
      changed: 'EROFS',
      made: 'EROFS',
    })
    expect(seen.root).not.toContain('etc')
    expect(seen.root).not.toContain('home')
  })

  it('shows no other process, and lets none be harmed', async () => {
    const seen = await breakOut(`
      return {
        processes: fs.readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).length,
        node: tried(() => process.kill(${process.pid}, 0)),
        env: Object.keys(process.env),
      }`)
    expect(seen.processes).toBeLessThanOrEqual(2)
    expect(seen).toMatchObject({ node: 'ESRCH', env: ['PWD'] })
  })

  it('has no network, not even to this machine', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const answer = await breakOut(`
      return new Promise((resolve) => net.connect(${port}, '127.0.0.1')
        .on('connect', () => resolve('connected')).on('error', ({ code }) => resolve(code)))`)
    expect(answer).toBe('ECONNREFUSED')
    server.close()
  })

  it('ends with the program, in an endless loop too', async () => {
    const kit = processKit()
    const { program, logs, exit } = await kit.start(wasmProgram('loop'))
    await logs.untilPrinted('started')
    await program.stop(0)
    expect(await exit).toEqual({ exitCode: 137 })
    await until('it has gone', () => kit.pool.working === 0)
  })
})
