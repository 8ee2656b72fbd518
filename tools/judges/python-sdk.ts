import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { Fault } from '#lib/fault.ts'
import { modulePath } from '../../test/kit/product.ts'
import { Program } from '../../test/kit/program.ts'
import type { Bench, Client, Verdict } from './judge.ts'

const uses = join(import.meta.dirname, 'python-uses.py')

/** The SDK that this interpreter has, as a judge. */
export function pythonSdk(python: string): Client {
  return { name: `Python SDK ${versionOf(python)}`, judge: (bench) => judge(python, bench) }
}

function versionOf(python: string): string {
  const ask = 'import importlib.metadata as m, bacalhau_sdk; print(m.version("bacalhau-sdk"))'
  const { status, stdout, stderr } = spawnSync(python, ['-c', ask], { encoding: 'utf8' })
  if (status === 0) return stdout.trim()
  throw new Fault('ValidationError', `${python} has no bacalhau-sdk: ${stderr.trim().split('\n').at(-1)}`)
}

/** The uses of the SDK are in Python; each tells its verdict in a line of JSON. */
async function judge(python: string, { cluster, signal, tell }: Bench): Promise<Verdict[]> {
  const program = new Program(python, [uses, modulePath('tool.wasm')], {
    cwd: cluster.folder,
    env: {
      PATH: process.env['PATH'],
      HOME: cluster.folder,
      BACALHAU_DIR: cluster.folder,
      BACALHAU_API_HOST: '127.0.0.1',
      BACALHAU_API_PORT: String(cluster.port),
    },
  })
  signal.addEventListener('abort', () => program.child.kill())
  const { code, stdout, stderr } = await program.ended
  if (code !== 0) throw new Error(`the uses of the SDK ended with ${code}: ${stdout}${stderr}`)
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'))
  const verdicts = lines.map((line) => JSON.parse(line) as Verdict)
  verdicts.forEach(tell)
  return verdicts
}
