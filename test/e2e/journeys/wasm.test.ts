import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { modulePath, moduleSource, Product, type Server, toolJob } from '../../kit/product.ts'
import { type WebServer, webServer } from '../../kit/web-server.ts'
import { ended } from '../crash/processes.ts'

let product: Product
let server: Server
let web: WebServer

beforeAll(async () => {
  product = await Product.start()
  server = await product.serve()
  const tool = await readFile(modulePath('tool.wasm'))
  web = await webServer((_asked, reply) => reply.end(tool))
})
afterAll(async () => {
  await web?.close()
  await product?.stop()
})

/** A memory and an empty `_start`, and no section more. */
const withoutNames = Buffer.from(
  '0061736d01000000010401600000030201000503010001071302066d656d6f72790200065f73746172740000' + '0a040102000b',
  'hex',
)

/** Runs a job to its end; what its one execution left. */
const outputOf = async (job: object) => {
  const id = await server.submit(job)
  const { Executions } = await ended(server.port, id)
  return Executions.Items[0]!.RunOutput!
}
const sorted = (text: string): string[] => text.trimEnd().split('\n').toSorted()

describe('the wasm engine', () => {
  it('runs a WASI program from an input, with its arguments [R130, R162, R163, R165]', async () => {
    const words = ['arguments', 'two words', '--flag', '', 'ümlaut']
    expect(await outputOf(toolJob(words))).toMatchObject({
      Stdout: '[two words]\n[--flag]\n[]\n[ümlaut]\n',
      ExitCode: 0,
    })
  })

  it('starts the function that Entrypoint names, and says so when there is none [R164]', async () => {
    const module = (name: string, Entrypoint?: string) =>
      toolJob([], { params: { EntryModule: moduleSource(name), Entrypoint } })
    expect((await outputOf(module('hello.wasm', '_start'))).Stdout).toBe('hello from wasm\n')
    const id = await server.submit(module('hello.wasm', 'other'))
    expect((await ended(server.port, id)).Job.State.Message).toMatch(/other/)
    expect(await outputOf(module('link-lib.wasm', 'answer'))).not.toBeNull()
  })

  it('gives variables of the engine, of the task and of the system to the module [R132, R166, X3]', async () => {
    const job = toolJob(['environment'], {
      task: { Env: { FROM_TASK: 'task', BOTH: 'task' } },
      params: { EnvironmentVariables: { FROM_ENGINE: 'a=b c', BOTH: 'engine', ODD: '' } },
    })
    const id = await server.submit(job)
    const { Executions } = await ended(server.port, id)
    const lines = sorted(Executions.Items[0]?.RunOutput?.Stdout ?? '')
    for (const line of [
      'FROM_TASK=task',
      'FROM_ENGINE=a=b c',
      'BOTH=engine',
      'ODD=',
      `BACALHAU_JOB_ID=${id}`,
      'BACALHAU_PARTITION_INDEX=0',
      'BACALHAU_PARTITION_COUNT=1',
    ]) {
      expect(lines).toContain(line)
    }
  })

  it('links imported modules by their alias [R138, R167]', async () => {
    const job = toolJob([], {
      params: {
        EntryModule: moduleSource('link-main.wasm'),
        ImportModules: [{ ...moduleSource('link-lib.wasm'), Alias: 'lib' }],
      },
    })
    expect(await outputOf(job)).toMatchObject({ ExitCode: 42 })
  })

  it('runs the documented task: module from elsewhere, entry point, parameters, variables, local import [R163, R164, R165, R166, R167, R168]', async () => {
    const job = toolJob([], {
      params: {
        EntryModule: { Source: { Type: 'urlDownload', Params: { URL: web.url('/main.wasm') } }, Target: '/main.wasm' },
        Entrypoint: '_start',
        Parameters: ['variable', 'GREETING'],
        EnvironmentVariables: { GREETING: 'hello world' },
        ImportModules: [moduleSource('link-lib.wasm')],
      },
    })
    expect(await outputOf(job)).toMatchObject({ Stdout: 'hello world\n', ExitCode: 0 })
    expect(web.requests.filter((each) => each.startsWith('GET'))).toEqual(['GET /main.wasm'])
  })

  it('ends with 0 after a plain return, with the code of a program that chose one, and needs no names in a module [X2, X26, X29]', async () => {
    const module = (name: string) => toolJob([], { params: { EntryModule: moduleSource(name) } })
    expect(await outputOf(module('hello.wasm'))).toMatchObject({ ExitCode: 0, stderr: 'warning on stderr\n' })
    const URL = `data:application/wasm;base64,${withoutNames.toString('base64')}`
    const nameless = toolJob([], {
      params: { EntryModule: { Source: { Type: 'inline', Params: { URL } }, Target: '/main.wasm' } },
    })
    expect(await outputOf(nameless)).toMatchObject({ ExitCode: 0 })
    const id = await server.submit(module('exit3.wasm'))
    const shown = await ended(server.port, id)
    expect(shown).toMatchObject({
      Job: { State: { StateType: 'Completed' } },
      Executions: { Items: [{ RunOutput: { ExitCode: 3 } }] },
    })
    expect((await server.run(['job', 'describe', id, '--output', 'json'])).stdout).toContain('"ExitCode":3')
  })
})

describe('wasm run', () => {
  it('sends a local module with its words and variables [R162, R165, R166]', async () => {
    const shown = await server.ok(['wasm', 'run', '--follow', modulePath('tool.wasm'), 'print', 'sent along', '', '0'])
    expect(shown).toContain('sent along')
    expect(
      await server.ok([
        'wasm',
        'run',
        '--follow',
        '-e',
        'A=from the command line',
        modulePath('tool.wasm'),
        'variable',
        'A',
      ]),
    ).toContain('from the command line')
    expect((await server.run(['wasm', 'run', '/no/such.wasm'])).exit).toBe(1)
  })
})

describe('wasm validate', () => {
  const verdict = async (name: string, content: Uint8Array | string, ...flags: string[]) => {
    const { exit, stdout, stderr } = await server.run(['wasm', 'validate', ...flags, await product.file(name, content)])
    return exit === 0 ? stdout.trim() : stderr.trim()
  }

  it('takes a module that could run', async () => {
    expect(await verdict('good.wasm', await readFile(modulePath('tool.wasm')))).toBe('OK')
    expect(await verdict('bare.wasm', withoutNames)).toBe('OK')
  })

  it('says what is wrong with one that could not', async () => {
    expect(await verdict('cut.wasm', withoutNames.subarray(0, -3))).toMatch(/^Error: /)
    expect(await verdict('text.wasm', 'no module')).toBe('Error: invalid magic number')
    expect(await verdict('bare.wasm', withoutNames, '--entry-point', 'main')).toBe(
      "Error: function 'main' required but no WASM export with that name was found",
    )
    // (module (import "env" "f" (func)) (memory (export "memory") 1) (func (export "_start")))
    const stranger = Buffer.from(
      '0061736d01000000010401600000020901' +
        '03656e7601660000030201000503010001071302066d656d6f72790200065f73746172740001' +
        '0a040102000b',
      'hex',
    )
    expect(await verdict('stranger.wasm', stranger)).toBe("Error: no export found for 'env::f' required by module")
  })
})
