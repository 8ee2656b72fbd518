import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { run } from '../run.ts'

/** The built program as a user runs it: with a home of its own, so that nothing of the user's own settings counts. */
export type Product = {
  executable: string
  env: NodeJS.ProcessEnv
  /** Aborted when the user wants the end. */
  signal: AbortSignal
}

/** Children have a process group of their own: Ctrl-C reaches only us, and we end them in order. */
export const apart: SpawnOptions = { detached: true, stdio: ['ignore', 'pipe', 'pipe'] }

/** Runs one command to its end and returns what it printed. */
export const bacalhau = ({ executable, env, signal }: Product, args: string[]): Promise<string> =>
  run(executable, args, { ...apart, env, signal })

export type Cluster = { port: number; stop(): Promise<void> }

/** Starts one orchestrator and compute nodes in a process; resolves when it says where its API is. */
export async function startCluster(product: Product, args: string[]): Promise<Cluster> {
  product.signal.throwIfAborted()
  const child = spawn(product.executable, ['devstack', ...args], { ...apart, env: product.env })
  const stopNow = () => void stopped(child)
  product.signal.addEventListener('abort', stopNow)
  try {
    return { port: await portOf(child), stop: () => stopped(child) }
  } catch (error) {
    await stopped(child)
    throw error
  } finally {
    product.signal.removeEventListener('abort', stopNow)
  }
}

function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = ''
    const listen = (data: Buffer) => {
      said += data
      const port = /CLIENTAPI_PORT=(\d+)/.exec(said)?.[1]
      if (port) resolve(Number(port))
    }
    child.stdout?.on('data', listen)
    child.stderr?.on('data', listen)
    child.on('error', reject)
    child.on('exit', (code, signal) => reject(new Error(`the cluster ended with ${signal ?? code}:\n${said}`)))
  })
}

const patienceMs = 10_000

/** Asks the cluster to end and waits for it; one that does not hear is killed with all it started. */
async function stopped(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const { pid } = child
  const gone = new Promise((resolve) => child.once('exit', resolve))
  const kill = setTimeout(() => process.kill(-pid, 'SIGKILL'), patienceMs)
  child.kill('SIGTERM')
  await gone
  clearTimeout(kill)
}
