import { equal, match } from 'node:assert/strict'
import { hash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Use } from '../judge.ts'
import type { SampleBench } from '../sample-modules.ts'
import { type EndedJob, finish } from './node-jobs.ts'

type Sample = { env?: Record<string, string>; inputs?: object[]; task?: object }

/** What the sample programs do, and how they fail. */
export const samples: readonly Use<SampleBench>[] = [
  {
    name: 'noop greets',
    run: async (bench) => shows(await ran(bench, 'noop', []), 'Hello, world!\n', 0),
  },
  {
    name: 'cat prints the files that are named',
    async run(bench) {
      const inputs = [local(join(bench.folder, 'csv/inputs/horses.sparql'), '/query')]
      const text = readFileSync(join(bench.folder, 'csv/inputs/horses.sparql'), 'utf8')
      shows(await ran(bench, 'cat', ['/query'], { inputs }), text.slice(0, 2048), 0)
    },
  },
  {
    name: 'cat without its file says so and ends with 1',
    async run(bench) {
      const ended = await ran(bench, 'cat', ['/nothing'])
      match(outputOf(ended)?.stderr ?? '', /os error 44/)
      equal(outputOf(ended)?.ExitCode, 1)
    },
  },
  {
    name: 'env prints its variables, sorted',
    async run(bench) {
      const ended = await ran(bench, 'env', [], { env: { TEST: 'yes', AWESOME: 'definitely' } })
      const lines = (outputOf(ended)?.Stdout ?? '').trim().split('\n')
      equal(lines.filter((line) => !line.startsWith('BACALHAU_')).join(), 'AWESOME=definitely,TEST=yes')
      equal(lines.join(), lines.toSorted().join())
    },
  },
  {
    name: 'exit_code ends as its variable says',
    run: async (bench) => shows(await ran(bench, 'exit_code', [], { env: { EXIT_CODE: '5' } }), 'Exiting with 5\n', 5),
  },
  {
    name: 'exit_code traps when its variable is no number',
    async run(bench) {
      const { state, message } = await ran(bench, 'exit_code', [], { env: { EXIT_CODE: 'five' } })
      equal(state, 'Failed')
      match(message, /wasm error: unreachable/)
    },
  },
  {
    name: 'csv turns a folder in into a folder out',
    async run(bench) {
      const folder = join(bench.server.dataFolder, 'csv')
      const ended = await ran(bench, 'csv', ['inputs/horses.csv', 'outputs/parents-children.csv'], {
        inputs: [local(join(bench.folder, 'csv/inputs'), '/inputs')],
        task: { ResultPaths: [{ Name: 'outputs', Path: '/outputs' }], Publisher: { Type: 'local' } },
      })
      equal(outputOf(ended)?.ExitCode, 0, ended.message)
      mkdirSync(folder)
      await bench.server.ok(['job', 'get', ended.id, '--output-dir', folder])
      const made = readFileSync(join(folder, 'outputs/parents-children.csv'))
      equal(hash('sha256', made), '0519321ec9b9a341460046ad90ae09950e0c48d49085414b0a7ac1bc0e63dda9')
    },
  },
  {
    name: 'csv without its arguments ends with 1',
    run: async (bench) => equal(outputOf(await ran(bench, 'csv', []))?.ExitCode, 1),
  },
  {
    name: 'dynamic calls a function of easter, which is imported by its alias',
    async run(bench) {
      const inputs = [{ ...local(module(bench, 'easter'), '/easter.wasm'), Alias: 'input.wasm' }]
      shows(await ran(bench, 'dynamic', [], { inputs }), '17\n', 0)
    },
  },
  {
    name: 'dynamic finds easter among its import modules',
    async run(bench) {
      const ImportModules = [{ ...local(module(bench, 'easter'), '/easter.wasm'), Alias: 'input.wasm' }]
      shows(await ran(bench, 'dynamic', [], {}, { ImportModules }), '17\n', 0)
    },
  },
  {
    name: 'dynamic without easter says what is missing',
    async run(bench) {
      const { state, message } = await ran(bench, 'dynamic', [])
      equal(state, 'Failed')
      match(message, /could not find WASM module with name "input.wasm"/)
    },
  },
  {
    name: 'logtest prints every line of its text, even ones to stdout and odd ones to stderr',
    async run(bench) {
      const inputs = [local(join(bench.folder, 'logtest/inputs'), '/inputs')]
      const ended = await ran(bench, 'logtest', ['inputs/cosmic_computer.txt', '--fast'], { inputs })
      const coloured = (await bench.server.ok(['job', 'logs', ended.id])).matchAll(/\x1b\[3[12]m/g)
      const text = readFileSync(join(bench.folder, 'logtest/inputs/cosmic_computer.txt'), 'utf8')
      equal([...coloured].length, text.trimEnd().split('\n').length)
    },
  },
]

const module = ({ folder }: SampleBench, name: string): string => join(folder, name, 'main.wasm')

const local = (SourcePath: string, Target: string) => ({
  Source: { Type: 'localDirectory', Params: { SourcePath } },
  Target,
})

/** Runs one of the modules to its end. */
function ran(
  bench: SampleBench,
  name: string,
  Parameters: string[],
  { env = {}, inputs = [], task = {} }: Sample = {},
  params: object = {},
): Promise<EndedJob & { id: string }> {
  const EntryModule = local(module(bench, name), '/main.wasm')
  const Params = { EntryModule, Parameters, EnvironmentVariables: env, ...params }
  const main = { Name: 'main', ...task, InputSources: inputs, Engine: { Type: 'wasm', Params } }
  return finish(bench.server, { Type: 'batch', Count: 1, Tasks: [main] })
}

const outputOf = ({ executions }: EndedJob) => executions.at(-1)?.RunOutput

function shows(ended: EndedJob, stdout: string, exitCode: number): void {
  equal(ended.state, 'Completed', ended.message)
  equal(outputOf(ended)?.Stdout, stdout)
  equal(outputOf(ended)?.ExitCode, exitCode)
}
