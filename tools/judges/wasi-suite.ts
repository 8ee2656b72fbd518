import { equal } from 'node:assert/strict'
import { cpSync, existsSync, globSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { wasmProductCommand } from '../../test/kit/wasm-command.ts'
import { WasmEngineKit, wasmProgram } from '../../test/kit/wasm-engine.ts'
import { type Bench, type Client, judgeUses, type Use, type Verdict } from './judge.ts'

/** Where a checkout of the public wasi-testsuite has its built tests of preview 1. */
const testsAt = 'tests/*/testsuite/wasm32-wasip1/*.wasm'

/** What a test is run with and has to show, as the file beside it says. */
type Expectation = { args: string[]; env: Record<string, string>; root?: string; exit_code: number; stdout?: string }

/** Tests whose world is not that of a job, and why. */
const elsewhere: Readonly<Record<string, string>> = {
  'c sock_shutdown-invalid_fd':
    'it wants descriptor 3 to be closed; a job always has a root folder, which is open there, and is told that a folder is no socket',
}

export const isWasiSuite = (folder: string): boolean => globSync(testsAt, { cwd: folder }).length > 0

/** The public suite of WASI preview 1 as a judge of the engine, with runner processes of the built product. */
export const wasiSuite = (folder: string): Client => ({
  name: 'WASI testsuite, preview 1',
  judge: (bench) => judge(folder, bench),
})

async function judge(folder: string, bench: Bench): Promise<Verdict[]> {
  const engine = new WasmEngineKit({}, wasmProductCommand)
  const tests = globSync(testsAt, { cwd: folder }).sort()
  const names = new Map(tests.map((test) => [`${test.split('/')[1]} ${basename(test, '.wasm')}`, join(folder, test)]))
  const uses = [...names].filter(([name]) => !(name in elsewhere)).map(([name, module]) => use(name, module, bench))
  try {
    const verdicts = await judgeUses(engine, uses, bench)
    const leftOut = Object.entries(elsewhere).map(([name, reason]) => ({ use: name, leftOut: reason }))
    return [...verdicts, ...leftOut.filter((each) => names.has(each.use))]
  } finally {
    await engine.close()
  }
}

const use = (name: string, module: string, { cluster }: Bench): Use<WasmEngineKit> => ({
  name,
  async run(engine) {
    const expected = expectationOf(module)
    const program = wasmProgram(module, { Parameters: expected.args, EnvironmentVariables: expected.env })
    const inputs = expected.root ? [rootOf(join(dirname(module), expected.root), cluster.folder)] : []
    const { exitCode, stdout, stderr, failure } = await engine.run(program, { inputs })
    equal(failure?.message, undefined, stderr)
    equal(exitCode, expected.exit_code, stderr)
    if (expected.stdout !== undefined) equal(stdout, expected.stdout)
  },
})

function expectationOf(module: string): Expectation {
  const file = module.replace(/wasm$/, 'json')
  const given = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Partial<Expectation>) : {}
  return { args: [], env: {}, exit_code: 0, ...given }
}

/** The folder of a test as the root of its program: a copy, without what an earlier run left in it. */
function rootOf(folder: string, below: string) {
  const hostPath = mkdtempSync(join(below, 'wasi-'))
  for (const name of readdirSync(folder).filter((each) => !each.endsWith('.cleanup'))) {
    cpSync(join(folder, name), join(hostPath, name), { recursive: true })
  }
  const input = { Source: { Type: 'localDirectory' }, Alias: '', Target: '/' }
  return { input, hostPath, kind: 'directory' as const, guestPath: '/', isReadOnly: false }
}
