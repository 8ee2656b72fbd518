import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../run.ts'
import { startSmallStore } from './small-store.ts'

/**
 * Lets V8 compile what users run most, by running it: first what needs no server, then a node and small jobs on it, one with inputs
 * from S3 and the web. Every command must end well, so this is the first smoke test of a build as well. `recorder` is the bundle of tools/executable/record.ts.
 */
export async function recordCaches(root: string, recorder: string): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'bacalhau-build-'))
  const store = await startSmallStore()
  const env = {
    PATH: process.env['PATH'],
    HOME: home,
    BACALHAU_DIR: join(home, 'data'),
    AWS_ACCESS_KEY_ID: 'anybody',
    AWS_SECRET_ACCESS_KEY: 'anything',
  }
  const bacalhau = (args: string[], more = {}) =>
    run(process.execPath, [recorder, ...args], { cwd: root, env: { ...env, ...more } })
  try {
    await bacalhau(['--help'])
    await bacalhau(['version', '--client'])
    const node = await startNode(recorder, env, store.url)
    try {
      const server = { BACALHAU_API_HOST: '127.0.0.1', BACALHAU_API_PORT: node.port }
      const echo = join(root, 'examples/echo/echo.wasm')
      const id = (await bacalhau(['wasm', 'run', '--id-only', echo, 'hello'], server)).trim()
      await bacalhau(['job', 'run', '--id-only', jobFile(home, echo)], server)
      const s3 = `s3://bucket/in/*,opt=endpoint=${store.url},opt=region=us-east-1`
      const inputs = ['-i', `src=${s3},dst=/objects`, '-i', `src=${store.url}/files/words.txt,dst=/words`]
      const reading = ['wasm', 'run', '--id-only', '--wait', '-p', 'local', ...inputs, echo, 'hello']
      const readingId = (await bacalhau(reading, server)).trim()
      await bacalhau(['job', 'get', '--output-dir', home, readingId], server)
      const asked = [
        ['job', 'list'],
        ['job', 'describe', id],
        ['job', 'logs', id],
        ['node', 'list'],
        ['job', 'history', id],
      ]
      for (const args of asked) await bacalhau(args, server)
    } finally {
      await ended(node.child)
    }
  } finally {
    store.server.close()
    store.server.closeAllConnections()
    rmSync(home, { recursive: true, force: true })
  }
}

/** A job file as people write them, with the module in it; its path. */
function jobFile(folder: string, module: string): string {
  const path = join(folder, 'job.yaml')
  const lines = [
    '# What the build runs once.',
    'Name: recorded',
    'Type: batch',
    'Count: 1',
    'Labels: {made-by: build}',
    'Tasks:',
    '  - Name: main',
    '    Engine:',
    '      Type: wasm',
    '      Params:',
    '        EntryModule:',
    '          Target: /main.wasm',
    '          Source:',
    '            Type: inline',
    `            Params: { "URL": "data:application/wasm;base64,${readFileSync(module).toString('base64')}" }`,
    '        Entrypoint: _start',
    '        Parameters: [hello, "and more"]',
    '    Resources: { CPU: 100m, Memory: 10Mb }',
  ]
  writeFileSync(path, `${lines.join('\n')}\n`)
  return path
}

const startLimitMs = 30_000

/** A node of both roles on free ports; resolves when it has said where its API is. */
function startNode(
  recorder: string,
  env: NodeJS.ProcessEnv,
  store: string,
): Promise<{ child: ChildProcess; port: string }> {
  const roles = [
    'serve',
    '--node-type',
    'requester,compute',
    '--host',
    '127.0.0.1',
    '--port',
    '0',
    '-c',
    'Orchestrator.Port=0',
    '-c',
    'Publishers.Types.Local.Port=0',
    '-c',
    `Compute.S3.TrustedEndpoints=${store}`,
  ]
  const child = spawn(process.execPath, [recorder, ...roles], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  return new Promise((resolve, reject) => {
    let said = ''
    const listen = (data: Buffer) => {
      said += data
      const port = /ready at http:\/\/[^:]+:(\d+)/.exec(said)?.[1]
      if (!port) return
      clearTimeout(limit)
      resolve({ child, port })
    }
    child.stdout.on('data', listen)
    child.stderr.on('data', listen)
    child.on('error', reject)
    const limit = setTimeout(() => child.kill('SIGKILL'), startLimitMs)
    child.on('exit', () => clearTimeout(limit))
    child.on('exit', (code) => reject(new Error(`the node ended with ${code}:\n${said}`)))
  })
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
  })
}
